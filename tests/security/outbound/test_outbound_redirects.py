"""Redirects: each hop is judged as if it were typed, and takes along only what it may."""

import pytest

from tests.security.outbound.servers import answering, certificate, ok, redirect, routed
from voiceassist.foundation.outbound import (
    MAX_REDIRECTS,
    Door,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
    Rules,
)

INSIDE = {"inside.example": ["10.0.0.1"], "mixed.example": ["93.184.215.14", "127.0.0.1"]}
SECRETS = {
    "Authorization": "Bearer k", "Cookie": "s=k", "X-Api-Key": "k", "X-Signature": "k",
    "X-Whatever-Staff-Called-It": "k",
}  # fmt: skip


def door(*servers, **more):
    """A door to loopback servers under any name, and nowhere else."""
    names = ("a.example", "b.example", "127.0.0.1")
    allow = [f"{name}:{server.port}" for server in servers for name in names]
    return Door(allow, lambda host, port: INSIDE.get(host, ["127.0.0.1"]), **more)


def test_a_redirect_is_followed_only_where_asked_for(serve):
    server = serve(routed(old=redirect("/new?x=1"), new=ok(b"here")))
    url = f"http://a.example:{server.port}"
    assert door(server).request("GET", f"{url}/old").status == 302
    response = door(server).request("GET", f"{url}/old#part", redirects=1)
    assert (response.status, response.body, response.url) == (200, b"here", f"{url}/new?x=1")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("next", b"/dir/next"), ("./next", b"/dir/next"), ("../next", b"/next"),
        ("?q", b"/dir/from?q"),
        ("/a b".replace(" ", "%20"), b"/a%20b"), ("/grün".encode(), b"/gr%C3%BCn"),
        ("//a.example:{port}/x", b"/x"), ("HTTP://A.EXAMPLE:{port}/x", b"/x"), (" /x\t", b"/x"),
    ],
)  # fmt: skip
def test_where_it_points_is_read_against_where_it_was(serve, location, path):
    place = {}

    def handle(server, connection):
        server.read_request(connection)
        first = len(server.requests) == 1
        connection.sendall(redirect(place["location"]) if first else ok(b""))

    server = serve(handle)
    raw = location if isinstance(location, bytes) else location.encode()
    place["location"] = raw.replace(b"{port}", str(server.port).encode())
    door(server).request("GET", f"http://a.example:{server.port}/dir/from", redirects=2)
    assert server.requests[1].split(b" ", 2)[1] == path


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:22/", "http://127.0.0.1/",
        "//localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x", "http://b.example@127.0.0.1/", "http:\\\\127.0.0.1/",
        "http://0x7f000001/", "http://2130706433/", "http://inside.example/", "http://mixed.example/",
        "http://c.example:8080/",
        "http://c.example./", "http://①②⑦.0.0.1/", "https:c.example", "http://127.0.0.1\t/",
        "http://[fe80::1%25eth0]/", "http://[", "http:///x", "//", "http://c.example:x/",
    ],
)  # fmt: skip
def test_nothing_is_dialled_where_a_redirect_may_not_lead(serve, dialled, location):
    server = serve(answering(redirect(location)))
    with pytest.raises(OutboundRefused) as caught:
        door(server).request("GET", f"http://a.example:{server.port}/", redirects=5, timeout=60)
    assert dialled == [("127.0.0.1", server.port)]
    assert len(server.requests) == 1 and not caught.value.retryable


def test_each_hop_is_held_to_the_organizations_rules(serve, dialled):
    there = serve(answering(ok(b"x")))
    here = serve(answering(redirect(f"http://b.example:{there.port}/")))
    for rules in (
        Rules(deny=frozenset({"b.example"})),
        Rules(allow=frozenset({"a.example"})),
        Rules(deny=frozenset({f"127.0.0.1:{there.port}"})),
    ):
        with pytest.raises(OutboundRefused, match="your organization"):
            door(here, there).request(
                "GET", f"http://a.example:{here.port}/", redirects=3, rules=rules
            )
    assert there.connections == 0 and {port for _, port in dialled} == {here.port}


def _crossing(serve, status, method, body, headers):
    """Send a request that is redirected to another origin; return what arrives there."""
    there = serve(answering(ok(b"x")))
    here = serve(answering(redirect(f"http://b.example:{there.port}/", status)))
    door(here, there).request(
        method, f"http://a.example:{here.port}/", headers=headers, body=body, redirects=1
    )
    assert all(f"{name}: {value}".encode() in here.requests[0] for name, value in headers.items())
    return there.requests[0]


def test_no_credential_crosses_to_another_origin(serve):
    headers = {**SECRETS, "Accept-Language": "de", "Idempotency-Key": "run-1"}
    for status, method, body in ((307, "DELETE", None), (302, "POST", b"{}")):
        arrived = _crossing(serve, status, method, body, headers)
        assert not [name for name in SECRETS if name.encode() in arrived]
        assert b"Accept-Language: de" in arrived and b"Idempotency-Key: run-1" in arrived
        assert b"Host: b.example:" in arrived and arrived.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("status", "method"), [(301, "PUT"), (302, "PATCH"), (307, "POST"), (308, "POST")]
)
def test_no_body_crosses_to_another_origin(serve, status, method):
    there = serve(answering(ok(b"x")))
    here = serve(answering(redirect(f"http://a.example:{there.port}/", status)))
    with pytest.raises(OutboundRefused, match=f"http://a.example:{there.port}") as caught:
        door(here, there).request(
            method, f"http://a.example:{here.port}/", body=b'{"key": "k"}', redirects=5
        )
    assert caught.value.sent and not caught.value.retryable
    assert here.requests[0].endswith(b'{"key": "k"}') and there.connections == 0


@pytest.mark.parametrize("other", ["host", "port", "scheme"])
def test_an_origin_is_scheme_host_and_port(serve, tmp_path, other):
    context, trusted = certificate(tmp_path, "a.example")
    there = serve(answering(ok(b"x")), context if other == "scheme" else None)
    where = {"host": "http://b.example", "port": "http://a.example", "scheme": "https://a.example"}
    here = serve(answering(redirect(f"{where[other]}:{there.port}/")))
    door(here, there, ca_file=trusted).request(
        "GET", f"http://a.example:{here.port}/", headers=SECRETS, redirects=1
    )
    assert b"Bearer" not in there.requests[0] and b"X-Api-Key" not in there.requests[0]


def test_credentials_stay_within_an_origin_and_do_not_come_back_to_it(serve):
    place = {}
    away = serve(lambda server, connection: answering(place["back"])(server, connection))
    home = serve(
        routed(stay=redirect("/end"), end=ok(b"x"), leave=redirect(f"http://b.example:{away.port}"))
    )
    place["back"] = redirect(f"http://a.example:{home.port}/end")
    url = f"http://a.example:{home.port}"
    door(home, away).request("GET", f"{url}/stay", headers=SECRETS, redirects=5)
    assert b"Bearer" in home.requests[1]
    door(home, away).request("GET", f"{url}/leave", headers=SECRETS, redirects=5)
    assert home.requests[3].startswith(b"GET /end ") and b"Bearer" not in home.requests[3]


@pytest.mark.parametrize(
    ("status", "method", "after"),
    [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"),
        (303, "DELETE", "GET"), (301, "GET", "GET"), (302, "HEAD", "HEAD"), (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"), (302, "DELETE", "DELETE"), (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)  # fmt: skip
def test_methods_and_bodies_after_a_redirect(serve, status, method, after):
    body = b'{"a": 1}' if method in ("POST", "PUT", "PATCH") else None
    server = serve(routed(old=redirect("/new", status), new=ok(b"")))
    headers = {"Content-Type": "application/json"} if body else {}
    door(server).request(
        method, f"http://a.example:{server.port}/old", headers=headers, body=body, redirects=1
    )
    arrived = server.requests[1]
    assert arrived.startswith(f"{after} /new ".encode())
    if after == method and body:
        assert arrived.endswith(b"\r\n\r\n" + body) and b"Content-Type" in arrived
    else:
        assert arrived.endswith(b"\r\n\r\n") and b"Content-Type" not in arrived


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_other_statuses_are_answers(serve, status):
    server = serve(routed(old=redirect("/new", status), new=ok(b"")))
    url = f"http://a.example:{server.port}/old"
    assert door(server).request("GET", url, redirects=5).status == status


def test_a_redirect_that_points_nowhere_is_an_answer(serve):
    server = serve(answering(b"HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi"))
    response = door(server).request("GET", f"http://a.example:{server.port}/", redirects=5)
    assert (response.status, response.body) == (302, b"hi")


@pytest.mark.parametrize(("asked", "sent"), [(1, 2), (5, 6), (1_000, MAX_REDIRECTS + 1)])
def test_circles_end(serve, asked, sent):
    server = serve(answering(redirect("/")))
    with pytest.raises(OutboundFailed, match="more often") as caught:
        door(server).request("GET", f"http://a.example:{server.port}/", redirects=asked)
    assert len(server.requests) == sent and not caught.value.retryable


def test_https_never_leads_to_http(serve, tmp_path):
    context, trusted = certificate(tmp_path, "a.example")
    plain = serve(answering(ok(b"x")))
    secured = serve(answering(redirect(f"http://a.example:{plain.port}/")), context)
    with pytest.raises(OutboundRefused, match="https to http"):
        door(plain, secured, ca_file=trusted).request(
            "GET", f"https://a.example:{secured.port}/", redirects=5
        )
    assert plain.connections == 0


def test_all_hops_share_one_deadline(serve):
    def slow(server, connection):
        while server.read_request(connection):
            server.ended.wait(0.3)
            connection.sendall(redirect("/"))

    server = serve(slow)
    with pytest.raises(OutboundTimeout):
        door(server).request("GET", f"http://a.example:{server.port}/", redirects=5, timeout=0.7)
    assert len(server.requests) <= 3


def test_the_body_of_a_redirect_is_not_read(serve):
    endless = b"HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Length: 900000000\r\n\r\nx"
    server = serve(routed(old=endless, new=ok(b"here")))
    response = door(server).request(
        "GET", f"http://a.example:{server.port}/old", redirects=1, timeout=60
    )
    assert response.body == b"here" and server.connections == 2
