"""What goes through the door at the level of sockets: where to, how long, how much."""

import gzip
import socket
import time
from contextlib import suppress

import pytest

from tests.security.outbound.servers import answering, certificate, dripping, ok
from voiceassist.foundation.outbound import (
    Door,
    OutboundBroken,
    OutboundFailed,
    OutboundInvalid,
    OutboundTimeout,
    OutboundTooLarge,
)
from voiceassist.foundation.outbound.body import read_body

PATIENCE = (0.3, 1.0, 5.0, 30.0)
"""Deadlines, of which a request that is answered at once keeps the first, or a later one."""


def get(server, path="/", **more):
    host = f"127.0.0.1:{server.port}"
    return Door(allow=[host]).request("GET", f"http://{host}{path}", **more)


def test_a_request_carries_name_path_headers_and_body(serve):
    server = serve(answering(ok(b"{}", b"X-A: 1", b"X-A: 2", b"Content-Type: application/json")))
    host = f"tools.internal:{server.port}"
    door = Door(allow=[host], resolve=lambda name, port: ["127.0.0.1"])

    response = door.request(
        "POST", f"http://{host}/a%20b//c?x=1&y=é#frag", headers={"X-Who": "me"}, body=b"{}"
    )

    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-a"] == "1, 2"
    head = server.requests[0].decode()
    assert head.startswith("POST /a%20b//c?x=1&y=%C3%A9 HTTP/1.1\r\n")
    assert f"Host: {host}\r\n" in head and "X-Who: me\r\n" in head
    assert head.endswith("\r\n\r\n{}")


def test_each_new_connection_is_checked_again(serve):
    server = serve(answering(ok(b"x", b"Connection: close")))
    asked = []

    def lookup(name, port):
        asked.append(name)
        return ["127.0.0.1"]

    door = Door(allow=[f"b.example:{server.port}"], resolve=lookup)
    for _ in range(3):
        door.request("GET", f"http://b.example:{server.port}/")
    assert len(asked) == server.connections == 3


def test_connections_are_kept_for_the_next_request(serve):
    server = serve(answering(ok(b"x")))
    door = Door(allow=[f"127.0.0.1:{server.port}"])
    for _ in range(5):
        door.request("GET", f"http://127.0.0.1:{server.port}/")
    assert (server.connections, len(server.requests)) == (1, 5)


def test_a_connection_that_lay_idle_is_opened_anew(serve, monkeypatch):
    server = serve(answering(ok(b"x")))
    host = f"127.0.0.1:{server.port}"
    door = Door(allow=[host])
    monkeypatch.setattr("voiceassist.foundation.outbound.connections.IDLE_SECONDS", 0.0)
    for _ in range(3):
        assert door.request("GET", f"http://{host}/").status == 200
    assert server.connections == 3


def test_the_next_address_is_dialled_where_the_first_refuses(serve):
    server = serve(answering(ok(b"x")))
    door = Door(allow=[f"b.example:{server.port}"], resolve=lambda n, p: ["127.0.0.2", "127.0.0.1"])
    assert door.request("GET", f"http://b.example:{server.port}/").status == 200


def test_nobody_there_is_a_failed_connection(free_port):
    host = f"127.0.0.1:{free_port}"
    with pytest.raises(OutboundFailed) as caught:
        Door(allow=[host]).request("GET", f"http://{host}/")
    assert caught.value.retryable


def test_tls_is_checked_against_the_name_not_the_address(serve, tmp_path):
    context, trusted = certificate(tmp_path, "b.example")
    names = []
    context.sni_callback = lambda sock, name, ctx: names.append(name)
    server = serve(answering(ok(b"x")), context)
    allow = [f"b.example:{server.port}", f"c.example:{server.port}"]
    door = Door(allow=allow, resolve=lambda name, port: ["127.0.0.1"], ca_file=trusted)

    assert door.request("GET", f"https://b.example:{server.port}/").status == 200
    with pytest.raises(OutboundFailed, match="certificate") as caught:
        door.request("GET", f"https://c.example:{server.port}/")
    assert not caught.value.retryable
    assert names == ["b.example", "c.example"]

    with pytest.raises(OutboundFailed, match="certificate"):
        Door(allow=allow, resolve=lambda name, port: ["127.0.0.1"]).request(
            "GET", f"https://b.example:{server.port}/"
        )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_an_answer_that_drips_ends_at_the_deadline(serve, head, drop):
    server = serve(dripping(head, drop))
    began = time.monotonic()
    with pytest.raises(OutboundTimeout):
        get(server, timeout=0.4)
    assert time.monotonic() - began < 15


def test_a_dripping_answer_over_tls_ends_too(serve, tmp_path):
    context, trusted = certificate(tmp_path, "b.example")
    server = serve(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"x"), context)
    door = Door(
        allow=[f"b.example:{server.port}"], resolve=lambda n, p: ["127.0.0.1"], ca_file=trusted
    )
    with pytest.raises(OutboundTimeout):
        door.request("GET", f"https://b.example:{server.port}/", timeout=0.4)


def test_a_dripping_answer_on_a_kept_connection_ends_too(serve):
    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(ok(b"x"))
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"x")(server, connection)

    server = serve(handle)
    host = f"127.0.0.1:{server.port}"
    door = Door(allow=[host])
    door.request("GET", f"http://{host}/")
    began = time.monotonic()
    with pytest.raises(OutboundTimeout):
        door.request("GET", f"http://{host}/", timeout=0.4)
    assert time.monotonic() - began < 15 and server.connections == 1


def test_a_deadline_leaves_the_next_request_on_its_connection_alone(serve, monkeypatch):
    """A connection is free once its answer is read, which is before its request is over."""

    def handle(server, connection):
        while request := server.read_request(connection):
            if b"/next" in request:
                server.ended.wait(deadline + 0.3)
            connection.sendall(ok(b"x"))

    server = serve(handle)
    host = f"127.0.0.1:{server.port}"
    door = Door(allow=[host])
    between = []

    def read_and_let_another_in(*arguments):
        content = read_body(*arguments)
        if not between:
            between.append("now")
            between.append(door.request("GET", f"http://{host}/next", timeout=60).status)
        return content

    monkeypatch.setattr("voiceassist.foundation.outbound.door.read_body", read_and_let_another_in)
    for deadline in PATIENCE:
        before, status = server.connections, 0
        with suppress(OutboundTimeout):
            status = door.request("GET", f"http://{host}/", timeout=deadline).status
        if between:
            break
    assert (between, status) == (["now", 200], 200) and server.connections - before <= 1


def test_a_server_that_takes_in_drops_ends_too(serve):
    """Sending stops at the deadline as well, on a new connection and on a kept one."""

    def handle(server, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        while not server.ended.wait(0.02) and (data := connection.recv(512)):
            if data.startswith(b"GET"):
                connection.sendall(ok(b"x"))

    server = serve(handle)
    host = f"127.0.0.1:{server.port}"
    door = Door(allow=[host])
    for kept in (False, True):
        if kept:
            door.request("GET", f"http://{host}/")
        began = time.monotonic()
        with pytest.raises(OutboundTimeout):
            door.request("POST", f"http://{host}/", body=bytes(20_000_000), timeout=0.4)
        assert time.monotonic() - began < 15


def test_a_fired_deadline_never_shuts_a_later_request(serve):
    server = serve(answering(ok(b"x")))
    host = f"127.0.0.1:{server.port}"
    door = Door(allow=[host])
    for deadline in PATIENCE:
        with suppress(OutboundTimeout):
            door.request("GET", f"http://{host}/", timeout=deadline)
            break
    connections, until = server.connections, time.monotonic() + deadline + 0.3
    while time.monotonic() < until:
        assert door.request("GET", f"http://{host}/").status == 200
    assert server.connections == connections


def test_the_body_is_capped_as_sent_and_as_decompressed(serve):
    big = serve(answering(ok(b"x" * 2_000)))
    with pytest.raises(OutboundTooLarge):
        get(big, max_bytes=1_999)
    assert len(get(big, max_bytes=2_000).body) == 2_000
    bomb = serve(
        answering(ok(gzip.compress(b"\0" * 20_000_000, mtime=0), b"Content-Encoding: gzip"))
    )
    with pytest.raises(OutboundTooLarge):
        get(bomb)
    small = serve(answering(ok(gzip.compress(b"hello", mtime=0), b"Content-Encoding: gzip")))
    assert get(small).body == b"hello"


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * 9, b"Content-Encoding: gzip"),
        ok(gzip.compress(b"hello" * 99, mtime=0)[:-12], b"Content-Encoding: gzip"),
        ok(gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), b"Content-Encoding: gzip, gzip"),
        ok(gzip.compress(b"x", mtime=0), b"Content-Encoding: gzip", b"Content-Encoding: gzip"),
        ok(gzip.compress(b"x", mtime=0), b"Content-Encoding: gzip", b"Content-Encoding: identity"),
        ok(gzip.compress(b"x", mtime=0) + gzip.compress(b"y", mtime=0), b"Content-Encoding: gzip"),
        ok(gzip.compress(b"x", mtime=0) + b"y", b"Content-Encoding: gzip"),
        ok(b"\x1f\x8b", b"Content-Encoding: gzip"),
        ok(b"x", b"Content-Encoding: br"),
        ok(b"x", b"Content-Encoding: deflate"),
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok(b"x"),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"not http at all\r\n\r\n",
        b"",
    ],
)
def test_broken_answers_are_failed_connections(serve, answer):
    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(answer)

    with pytest.raises(OutboundFailed) as caught:
        get(serve(handle))
    assert isinstance(caught.value, OutboundBroken)  # the request may have been acted on


def closing_on_the_second(word=b""):
    """Answer a connection's first request, and end it at the second."""

    def handle(server, connection):
        server.read_request(connection)
        connection.sendall(ok(b"x"))
        if server.read_request(connection) and word:
            connection.sendall(word)

    return handle


@pytest.mark.parametrize("secured", [False, True])
def test_what_may_go_twice_does_where_a_kept_connection_was_just_closed(serve, tmp_path, secured):
    context, trusted = certificate(tmp_path, "b.example") if secured else (None, "")
    server = serve(closing_on_the_second(), context)
    host = f"b.example:{server.port}"
    door = Door(allow=[host], resolve=lambda n, p: ["127.0.0.1"], ca_file=trusted)
    url = f"http{'s' if secured else ''}://{host}/"
    door.request("GET", url)
    assert door.request("GET", url, repeatable=True).body == b"x"
    assert (server.connections, len(server.requests)) == (2, 3)
    with pytest.raises(OutboundBroken):
        door.request("POST", url)
    assert (server.connections, len(server.requests)) == (2, 4)


def test_nothing_goes_twice_on_a_new_connection_or_after_a_word(serve):
    silent = serve(lambda server, connection: server.read_request(connection))
    with pytest.raises(OutboundBroken):
        get(silent, repeatable=True)
    assert len(silent.requests) == 1
    rude = serve(closing_on_the_second(b"HTTP"))
    host = f"127.0.0.1:{rude.port}"
    door = Door(allow=[host])
    door.request("GET", f"http://{host}/")
    with pytest.raises(OutboundBroken):
        door.request("GET", f"http://{host}/", repeatable=True)
    assert len(rude.requests) == 2


def test_a_failure_tells_whether_the_request_may_have_gone_out(serve):
    silent = serve(lambda server, connection: server.ended.wait(120))
    for deadline in PATIENCE:
        with pytest.raises(OutboundTimeout) as caught:
            get(silent, timeout=deadline)
        if caught.value.sent:
            break
    assert caught.value.sent
    host = f"b.example:{silent.port}"
    slow = Door(allow=[host], resolve=lambda n, p: silent.ended.wait(120))
    with pytest.raises(OutboundTimeout) as caught:
        slow.request("GET", f"http://{host}/", timeout=0.2)
    assert not caught.value.sent
    hung_up = serve(lambda server, connection: connection.recv(10))
    host = f"127.0.0.1:{hung_up.port}"
    with pytest.raises(OutboundFailed) as caught:
        Door(allow=[host]).request("GET", f"https://{host}/")
    assert not caught.value.sent and not isinstance(caught.value, OutboundBroken)


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nHost: evil"}, {"X": "a\nb"}, {"X": "a\x00"}, {"X\r\nY": "a"}, {"X Y": "a"},
        {"": "a"}, {"Host": "evil"}, {"content-length": "0"}, {"Transfer-Encoding": "chunked"},
        {"X": "snow ☃"},
    ],
)  # fmt: skip
def test_headers_that_could_split_a_request_are_refused(serve, headers):
    server = serve(answering(ok(b"x")))
    with pytest.raises(OutboundInvalid):
        get(server, headers=headers)
    with pytest.raises(OutboundInvalid):
        Door().request("GET / HTTP/1.1\r\nX:", "http://b.example/")
    assert server.connections == 0


def test_proxies_and_netrc_of_the_environment_are_ignored(serve, monkeypatch, tmp_path):
    server = serve(answering(ok(b"x")))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(server).status == 200
    assert b"authorization" not in server.requests[0].lower()
