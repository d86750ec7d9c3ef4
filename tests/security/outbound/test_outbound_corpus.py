"""None of the corpus is judged wrong, whichever way the door is asked."""

import socket
from collections import Counter
from ipaddress import ip_address

import pytest

from tests.security.outbound.corpus import PASSING, REFUSED
from voiceassist.foundation.outbound import Door, OutboundError, OutboundRefused, check_url


def resolve(case):
    return lambda host, port: list(case.answers)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refused(case):
    with pytest.raises(OutboundRefused) as caught:
        check_url(case.url, resolve=resolve(case), rules=case.rules)
    message = caught.value.public_message
    assert message.endswith(".") and len(message) < 500


@pytest.mark.parametrize("case", PASSING, ids=str)
def test_passed(case, monkeypatch):
    check_url(case.url, resolve=resolve(case), rules=case.rules)
    dialled = []

    def refuse(self, address):
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(OutboundError):
        Door(resolve=resolve(case)).request("GET", case.url, rules=case.rules, timeout=60)
    literal = case.url.partition("://")[2].rstrip("/").strip("[]")
    expected = case.answers or (str(ip_address(literal)),)
    assert dialled and set(dialled) <= {str(ip_address(address)) for address in expected}


def test_nothing_refused_reaches_a_socket(monkeypatch):
    dialled = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: dialled.append(address))
    for case in REFUSED:
        with pytest.raises(OutboundError):
            Door(resolve=resolve(case)).request("GET", case.url, rules=case.rules, timeout=60)
    assert dialled == []


def test_what_is_written_wrong_is_refused_before_any_look_up():
    asked = []
    by_answer = "https://b.example/"
    written = [case for case in REFUSED if not case.rules and case.url != by_answer]
    for case in written:
        with pytest.raises(OutboundRefused):
            check_url(case.url, resolve=lambda host, port: asked.append(host) or ["8.8.8.8"])
    assert not asked and len(written) > 200


def test_the_corpus_is_broad_and_says_nothing_twice():
    sizes = Counter(case.category for case in REFUSED)
    assert len(sizes) >= 30 and min(sizes.values()) >= 5
    assert len(set(REFUSED)) == len(REFUSED)
