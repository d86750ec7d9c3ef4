"""What the judging of addresses does beyond the corpus: names, exceptions, slow look-ups."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.security.outbound.corpus import PUBLIC
from voiceassist.foundation.outbound import (
    Door,
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
    on_behalf_of,
)


def door(answer=PUBLIC, **more):
    return Door(resolve=lambda host, port: [answer] if isinstance(answer, str) else answer, **more)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_an_outbound_error(text):
    for url in (text, f"http://{text}/", f"https://b.example{text}"):
        try:
            door().check_url(url)
        except OutboundError:
            continue
        assert url.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "url", ["https://BÜCHER.example/", "https://xn--bcher-kva.example/a?b#c", "HTTP://B.Example:80"]
)
def test_usual_addresses_pass_with_their_name_in_ascii(url):
    asked = []
    Door(resolve=lambda host, port: asked.append((host, port)) or [PUBLIC]).check_url(url)
    assert asked[0][0] in ("xn--bcher-kva.example", "b.example")


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 8080, 8000])
def test_other_ports_are_refused_unless_allowed(port):
    with pytest.raises(OutboundRefused, match=f"b.example:{port} in OUTBOUND_ALLOW"):
        door().check_url(f"https://b.example:{port}/")
    door(allow=[f"b.example:{port}"]).check_url(f"https://b.example:{port}/")


def test_an_exception_holds_for_its_host_and_port_alone():
    only = door("10.0.0.7", allow=["Tools.internal:8443", "[::1]:80"])
    only.check_url("https://tools.internal:8443/")
    only.check_url("http://[::1]/")
    for url in ("https://tools.internal/", "https://other.internal:8443/", "http://10.0.0.7:8443/"):
        with pytest.raises(OutboundRefused):
            only.check_url(url)


def test_an_unknown_name_fails_a_request_and_passes_no_check():
    def unknown(host, port):
        raise OSError("no such name")

    with pytest.raises(OutboundFailed, match=r"b\.example") as caught:
        Door(resolve=unknown).request("GET", "https://b.example/")
    assert caught.value.retryable
    with pytest.raises(OutboundRefused, match=r"b\.example"):
        Door(resolve=unknown).check_url("https://b.example/")


def test_slow_names_of_one_organization_keep_no_other_from_looking_names_up():
    over, waiting, asked = threading.Event(), threading.Semaphore(0), []

    def resolve(host, port):
        asked.append(host)
        if host.endswith("slow.example"):
            waiting.release()
            over.wait(120)
        return ["93.184.216.34"]

    slow = Door(resolve=resolve)

    def ask(organization, host, timeout=120.0):
        with on_behalf_of(organization):
            return slow.connect_checked(host, 443, ports=(443,), timeout=timeout)

    with ThreadPoolExecutor(80) as pool:
        stuck = [pool.submit(ask, 1, f"n{number}.slow.example") for number in range(70)]
        for _ in range(16):
            assert waiting.acquire(timeout=60)
        with pytest.raises(OutboundTimeout):
            ask(1, "own.example", timeout=0.1)
        assert len(asked) == 16
        assert ask(2, "other.example") == ["93.184.216.34"]
        over.set()
        assert all(each.result(120) for each in stuck)
    assert ask(1, "own.example") == ["93.184.216.34"]


def test_a_look_up_that_stalls_ends_at_the_deadline():
    stalled = threading.Event()
    began = time.monotonic()
    with pytest.raises(OutboundTimeout):
        Door(resolve=lambda host, port: stalled.wait(120) and []).request(
            "GET", "https://b.example/", timeout=0.2
        )
    assert time.monotonic() - began < 60
    stalled.set()
