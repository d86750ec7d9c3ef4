"""Which addresses the door refuses, however they are written."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.foundation.outbound import (
    Door,
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
)
from voiceassist.foundation.outbound.addresses import is_public

PUBLIC = "93.184.215.14"

INTERNAL = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "3fff::1", "5f00::1", "100::1",
]  # fmt: skip

ODD = [
    "", "x", "//b.example/", "b.example/", "ftp://b.example/", "file:///etc/passwd",
    "gopher://b.example/", "javascript:alert(1)", "http:b.example", "http:/b.example",
    "http:///path", "http://", "http://?x", "http://user@b.example/", "http://u:p@b.example/",
    "http://b.example@127.0.0.1/", "http://b.example\\@127.0.0.1/", "http:\\\\b.example/",
    "http://b.example /", "http://b.exa\tmple/", "http://b.example/\r\nX: y", "http://b.example/\x00",
    "http://b.example./", "http://127.0.0.1./", "http://0x7f000001/", "http://0x7f.0.0.1/",
    "http://017700000001/", "http://0177.0.0.1/", "http://2130706433/", "http://127.1/",
    "http://127.0.1/", "http://0/", "http://8.8.8.08/", "http://1.2.3.4.5/", "http://b.0x1/",
    "http://[::1/", "http://::1/", "http://[v1.x]/", "http://[127.0.0.1]/", "http://[b.example]/",
    "http://[fe80::1%25eth0]/", "http://b%2eexample/", "http://b_example%00.com/",
    "http://b.example:0/", "http://b.example:65536/", "http://b.example:8x/", "http://b.example:-1/",
    "http://" + "a" * 64 + ".example/", "http://" + "a." * 130 + "example/",
    "http://b.example/" + "x" * 9_000,
]  # fmt: skip


def door(answer=PUBLIC, **more):
    return Door(resolve=lambda host, port: [answer] if isinstance(answer, str) else answer, **more)


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_refused_written_and_looked_up(address):
    assert not is_public(address)
    with pytest.raises(OutboundRefused):
        door(address).check_url("https://b.example/")
    if "%" not in address:
        written = f"[{address}]" if ":" in address else address
        with pytest.raises(OutboundRefused):
            door().check_spelling(f"http://{written}/")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_pass(address):
    door(address).check_url("https://b.example/")
    written = f"[{address}]" if ":" in address else address
    door().check_url(f"http://{written}/")


@pytest.mark.parametrize("url", ODD)
def test_what_is_written_oddly_is_refused_before_any_look_up(url):
    asked = []
    with pytest.raises(OutboundRefused) as caught:
        Door(resolve=lambda host, port: asked.append(host) or [PUBLIC]).check_url(url)
    assert not asked
    assert caught.value.public_message.endswith(".")


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


def test_circled_digits_are_refused_and_not_understood():
    with pytest.raises(OutboundRefused, match="stand for others"):
        door().check_url("http://①②⑦.0.0.1/")


def test_one_internal_answer_refuses_the_name():
    with pytest.raises(OutboundRefused, match=r"10\.0\.0\.7"):
        door([PUBLIC, "10.0.0.7"]).check_url("https://b.example/")


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


def test_a_look_up_that_stalls_ends_at_the_deadline():
    stalled = threading.Event()
    began = time.monotonic()
    with pytest.raises(OutboundTimeout):
        Door(resolve=lambda host, port: stalled.wait(20) and []).request(
            "GET", "https://b.example/", timeout=0.2
        )
    assert time.monotonic() - began < 2
    stalled.set()
