"""What a run revealed is masked wherever it turns up, in whatever form it went out."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.secrets import MASK, FixedSecrets

FORMS = [
    str,
    lambda text: quote(text, safe=""),
    quote_plus,
    lambda text: re.sub("%..", lambda code: code.group().lower(), quote(text, safe="")),
    lambda text: json.dumps({"a": text}),
    lambda text: json.dumps([json.dumps({text: 1})], ensure_ascii=False),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    html.escape,
]


def revealed(**values):
    secrets = FixedSecrets(values)
    for name in values:
        secrets.reveal(name)
    return secrets


@given(st.text(min_size=4), st.sampled_from(FORMS))
def test_every_form_is_masked(value, form):
    secrets = revealed(KEY=value)
    sent = form(value)
    masked = secrets.mask({"text": f"<{sent}>", sent: [sent]})
    left = json.dumps(masked, ensure_ascii=False).replace(MASK, "")
    assert MASK in masked["text"]
    assert value not in left or value in '{"text": "<>", "": [""]}<{"a": ""}>'


def test_numbers_are_masked_and_what_was_not_revealed_is_not():
    secrets = FixedSecrets({"PIN": "73918264", "OTHER": "unused-value"})
    secrets.reveal("PIN")
    assert secrets.mask([73918264, 7391, True, None, "unused-value"]) == [
        MASK, 7391, True, None, "unused-value",
    ]  # fmt: skip


def test_what_is_short_is_masked_where_it_stands_alone():
    secrets = revealed(PIN="123", LOGIN="api")
    assert secrets.mask(["api", "login=api&pin=123", "Rapid, 1234, apis", {"api": 123}, 1234]) == [
        MASK, f"login={MASK}&pin={MASK}", "Rapid, 1234, apis", {MASK: MASK}, 1234,
    ]  # fmt: skip


def test_what_a_server_gave_is_not_masked_where_it_is_short():
    secrets = FixedSecrets()
    secrets.hide("1")  # such as the number of a session
    assert secrets.mask("1 row, 1") == "1 row, 1"


def test_an_empty_credential_masks_nothing():
    assert revealed(KEY="").mask("a banana") == "a banana"


def test_a_missing_one_is_named():
    with pytest.raises(ToolConfigurationError, match="NOBODY"):
        FixedSecrets().reveal("NOBODY")
