"""Encryption of stored secrets: which key encrypts, which decrypt, and what a wrong one says."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from voiceassist.foundation import crypto

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def test_what_goes_in_comes_out(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    for text in ("", "plain", "ünïcode ✓", "x" * 100_000):
        assert crypto.decrypt(crypto.encrypt(text)) == text


def test_the_same_text_is_never_stored_the_same(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    assert crypto.encrypt("text") != crypto.encrypt("text")


def test_the_first_key_encrypts_and_all_decrypt(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    stored = crypto.encrypt("text")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    assert crypto.decrypt(stored) == "text"
    assert not crypto.is_current(stored)
    anew = crypto.encrypt_anew(stored)
    assert crypto.is_current(anew)
    settings.CREDENTIALS_KEYS = [NEW]
    assert crypto.decrypt(anew) == "text"
    with pytest.raises(crypto.UnreadableSecret):
        crypto.decrypt(stored)


@pytest.mark.parametrize("stored", ["", "garbage", "gAAAAA==", "ключ"])
def test_what_no_key_opens_says_so(settings: Any, stored: str) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    assert not crypto.is_current(stored)
    for read in (crypto.decrypt, crypto.encrypt_anew):
        with pytest.raises(crypto.UnreadableSecret, match="CREDENTIALS_KEYS"):
            read(stored)


def test_a_changed_byte_is_found(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    stored = crypto.encrypt("text")
    turned = "A" if stored[40] != "A" else "B"
    with pytest.raises(crypto.UnreadableSecret):
        crypto.decrypt(stored[:40] + turned + stored[41:])


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "ключ"], [OTHER[:-5]]])
def test_a_wrong_key_names_the_setting_and_not_itself(settings: Any, keys: list[str]) -> None:
    settings.CREDENTIALS_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="CREDENTIALS_KEYS") as refused:
        crypto.encrypt("text")
    assert not any(key in str(refused.value) for key in keys)
