"""Bought tokens: how long they are kept, who buys, who waits, what is told when it fails."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest

from tools_library.engine.deadline import Deadline, SystemClock
from tools_library.engine.errors import ToolError, ToolResponseError, ToolTimeout
from tools_library.engine.secrets import FixedSecrets
from tools_library.executors.access_tokens import TokenCache, purchase
from tools_library.executors.authentication import Authentication
from voiceassist.foundation.outbound import OutboundResponse

SECRETS = {"ID": "client one", "SECRET": "se:cret/value"}


def long() -> Deadline:
    """Return a deadline that is far away whenever it is asked for."""
    return Deadline.after(30, SystemClock())


def authentication(**more):
    values = {
        "type": "oauth2", "token_url": "https://login.example.com/token",
        "client_id_field": "ID", "client_secret_field": "SECRET",
    }  # fmt: skip
    return Authentication(**values, **more)


def answer(body, status=200, kind="application/json"):
    return OutboundResponse(status, {"content-type": kind}, body, 1, "https://login.example.com")


def bought(body, status=200):
    secrets = FixedSecrets(SECRETS)
    purchased = purchase(authentication(), 1, secrets)
    return purchased.buy(lambda request, deadline: answer(body, status), secrets, long())


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def numbered(seconds):
    made = []

    def buy():
        made.append(f"token-{len(made)}")
        return made[-1], seconds

    return buy, made


def test_a_token_is_kept_until_shortly_before_it_expires():
    clock = Clock()
    cache, (buy, made) = TokenCache(clock), numbered(600)
    for clock.now in (0, 300, 569):
        assert cache.get("k", buy, long()) == "token-0"
    clock.now = 571
    assert cache.get("k", buy, long()) == "token-1" and len(made) == 2
    assert cache.get("other", buy, long()) == "token-2"


def test_a_token_of_no_length_is_used_once():
    cache, (buy, _) = TokenCache(Clock()), numbered(0)
    assert [cache.get("k", buy, long()) for _ in range(2)] == ["token-0", "token-1"]


def test_a_refused_token_is_forgotten_unless_it_was_replaced():
    cache, (buy, _) = TokenCache(Clock()), numbered(600)
    cache.get("k", buy, long())
    cache.forget("k", "token-0")
    assert cache.get("k", buy, long()) == "token-1"
    cache.forget("k", "token-0")
    assert cache.get("k", buy, long()) == "token-1"


def test_of_many_that_ask_at_once_one_buys():
    cache, inside, go = TokenCache(), threading.Event(), threading.Event()
    made = []

    def buy():
        made.append(1)
        inside.set()
        assert go.wait(60)
        return "token", 600

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(cache.get, "k", buy, long())
        assert inside.wait(60)
        others = [pool.submit(cache.get, "k", buy, long()) for _ in range(7)]
        go.set()
        assert {each.result(60) for each in [first, *others]} == {"token"}
    assert len(made) == 1


def test_who_waits_shares_the_failure_and_waits_no_longer_than_it_may():
    cache, inside, go = TokenCache(), threading.Event(), threading.Event()

    def buy():
        inside.set()
        assert go.wait(60)
        raise ToolResponseError("refused", code="bad_status")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "k", buy, long())
        assert inside.wait(60)
        with pytest.raises(ToolTimeout):
            cache.get("k", buy, Deadline.after(0.05, SystemClock()))
        second = pool.submit(cache.get, "k", buy, long())
        go.set()
        errors = [each.exception(10) for each in (first, second)]
    assert [error.code for error in errors] == ["bad_status"] * 2 and errors[0] is not errors[1]
    assert cache.get("k", lambda: ("token", 600), long()) == "token"


def test_who_buys_with_little_time_left_fails_alone():
    cache, inside, go = TokenCache(), threading.Event(), threading.Event()

    def hurried():
        inside.set()
        assert go.wait(60)
        raise ToolTimeout("The service did not answer in time.")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "k", hurried, long())
        assert inside.wait(60)
        second = pool.submit(cache.get, "k", lambda: ("token", 600), long())
        go.set()
        assert isinstance(first.exception(10), ToolTimeout)
        assert second.result(60) == "token"


def test_the_client_proves_itself_in_a_header_or_in_the_form():
    secrets = FixedSecrets(SECRETS)
    request = purchase(authentication(scope="a b"), 1, secrets).request
    pair = request.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(pair) == b"client+one:se%3Acret%2Fvalue"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"], "scope": ["a b"],
    }  # fmt: skip
    assert pair not in secrets.mask(str(request.headers))
    way = authentication(client_authentication="form", audience="https://api.example.com")
    request = purchase(way, 1, secrets).request
    assert "Authorization" not in request.headers
    form = parse_qs(request.body.decode())
    assert (form["client_id"], form["client_secret"]) == (["client one"], ["se:cret/value"])
    assert form["audience"] == ["https://api.example.com"]


def test_organizations_and_credentials_never_share_a_token():
    def key(organization=1, values=SECRETS, **more):
        return purchase(authentication(**more), organization, FixedSecrets(values)).key

    keys = {
        key(), key(2), key(scope="a"), key(audience="a"), key(client_authentication="form"),
        key(values={**SECRETS, "SECRET": "rotated"}), key(values={**SECRETS, "ID": "other"}),
    }  # fmt: skip
    assert len(keys) == 7 and key() in keys


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"access_token": "t", "expires_in": 60}', 60),
        (b'{"access_token": "t", "token_type": "bearer", "expires_in": "60"}', 60),
        (b'{"access_token": "t", "token_type": "Bearer"}', 300),
        (b'{"access_token": "t", "expires_in": "soon"}', 300),
        (b'{"access_token": "t", "expires_in": -5}', 0),
    ],
)
def test_a_sellers_answer_says_for_how_long(body, seconds):
    assert bought(body) == ("t", seconds)


@pytest.mark.parametrize(
    ("body", "status", "code", "retryable"),
    [
        (b'{"error": "invalid_client", "hint": "se:cret/value"}', 401, "bad_status", False),
        (b"", 503, "bad_status", True),
        (b"<html>", 200, "bad_response", False),
        (b"[]", 200, "bad_response", False),
        (b'{"access_token": 7}', 200, "bad_response", False),
        (b'{"access_token": "0pen", "token_type": "mac"}', 200, "bad_response", False),
        (b'{"access_token": "0pen", "expires_in": 60', 200, "bad_response", False),
    ],
)
def test_a_seller_that_sells_nothing(body, status, code, retryable):
    with pytest.raises(ToolError, match="access tokens") as caught:
        bought(body, status)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert "se:cret" not in caught.value.detail and "0pen" not in caught.value.detail
