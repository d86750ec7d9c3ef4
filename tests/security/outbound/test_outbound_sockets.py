"""What is dialled: checked addresses alone, also later and through kept connections."""

import pytest

from tests.security.outbound.servers import answering, ok
from voiceassist.foundation.outbound import (
    Door,
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    Rules,
    connections,
)


def test_only_the_checked_answer_is_dialled(serve, dialled):
    """Each look-up gives another address; those that follow the first are never asked for."""
    server = serve(answering(ok(b"x")))
    asked = []

    def moving(host, port):
        asked.append((host, port))
        return [f"127.0.0.{len(asked)}"]

    door = Door([f"b.example:{server.port}"], moving)
    for _ in range(5):
        assert door.request("GET", f"http://b.example:{server.port}/").body == b"x"
    assert asked == [("b.example", server.port)]
    assert dialled == [("127.0.0.1", server.port)] and server.connections == 1


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([["93.184.215.14"], ["127.0.0.1"]], []),
        ([["93.184.215.14"], ["93.184.215.14", "127.0.0.1"]], []),
        ([["93.184.215.14"], ["::ffff:7f00:1"]], []),
        ([["93.184.215.14"], ["169.254.169.254"]], []),
        ([["93.184.215.14"], []], []),
        ([["93.184.215.14"], ["localhost"]], []),
    ],
)
def test_a_name_that_moves_between_check_and_request_gains_nothing(dialled, answers, expected):
    door = Door(resolve=lambda host, port: answers.pop(0))
    door.check_url("http://b.example/")
    with pytest.raises(OutboundError):
        door.request("GET", "http://b.example/", timeout=2)
    assert dialled == expected and not answers


def test_a_kept_connection_serves_nobody_whose_rules_deny_it(serve, dialled):
    server = serve(answering(ok(b"x")))
    door = Door([f"b.example:{server.port}"], lambda host, port: ["127.0.0.1"])
    url = f"http://b.example:{server.port}/"
    door.request("GET", url)
    for entry in ("b.example", "*.example", "127.0.0.1", f"127.0.0.1:{server.port}"):
        with pytest.raises(OutboundRefused, match="your organization denies"):
            door.request("GET", url, rules=Rules(deny=frozenset({entry})))
    assert len(server.requests) == 1
    # One that was denied by its address is gone; those who may call dial anew.
    door.request("GET", url)
    assert dialled == [("127.0.0.1", server.port)] * 2


def test_a_kept_connection_ends_before_its_name_can_have_moved_long_ago(serve, monkeypatch):
    server = serve(answering(ok(b"x")))
    answers = [["127.0.0.1"], []]
    door = Door([f"b.example:{server.port}"], lambda host, port: answers.pop(0))
    url = f"http://b.example:{server.port}/"
    door.request("GET", url)
    door.request("GET", url)
    monkeypatch.setattr(connections, "LIFE_SECONDS", 0.0)
    with pytest.raises(OutboundFailed, match="not known"):
        door.request("GET", url)
    assert len(server.requests) == 2


def test_connections_are_kept_for_a_bounded_number_of_hosts(serve, monkeypatch):
    monkeypatch.setattr(connections, "POOLS", 3)
    server = serve(answering(ok(b"x")))
    hosts = [f"h{number}.example:{server.port}" for number in range(9)]
    door = Door(hosts, lambda host, port: ["127.0.0.1"])
    for host in hosts:
        door.request("GET", f"http://{host}/")
    assert server.connections == 9 and server.open_within(3, seconds=60)


@pytest.mark.parametrize(
    ("host", "port", "why"),
    [
        ("127.0.0.1", 5432, "this machine"), ("localhost", 5432, "inside a network"),
        ("db", 5432, "inside a network"), ("inside.example", 5432, r"10\.0\.0\.1"),
        ("mixed.example", 5432, r"10\.0\.0\.1"), ("/run/postgresql", 5432, "neither a plain name"),
        ("@postgresql", 5432, "neither a plain name"), ("a,b.example", 5432, "neither a plain"),
        ("a.example,127.0.0.1", 5432, "written like an IP"),
        ("a.example:22", 5432, "neither a plain name"), ("", 5432, "no host"),
        ("2130706433", 5432, "written like an IP"), ("::ffff:127.0.0.1", 5432, "not a public"),
        ("[::1]", 5432, "this machine"), ("fe80::1%eth0", 5432, "zone"),
        ("a.example", 22, "Port 22"),
        ("a.example", 80, "Port 80"), ("denied.example", 5432, "organization denies"),
    ],
)  # fmt: skip
def test_other_protocols_get_no_address_they_may_not_dial(host, port, why):
    zone = {"inside.example": ["10.0.0.1"], "mixed.example": ["93.184.215.14", "10.0.0.1"]}
    door = Door(resolve=lambda name, _: zone.get(name, ["93.184.215.14"]))
    with pytest.raises(OutboundRefused, match=why):
        door.connect_checked(
            host, port, ports={5432}, rules=Rules(deny=frozenset({"denied.example"}))
        )


def test_other_protocols_get_every_checked_address():
    door = Door(
        ["db.internal:5433", "[::1]:5432"],
        lambda host, port: ["10.0.0.7"] if host == "db.internal" else ["8.8.8.8", "2606:4700::1"],
    )
    assert door.connect_checked("B.example", 5432, ports={5432}) == ["8.8.8.8", "2606:4700::1"]
    assert door.connect_checked("8.8.4.4", 5432, ports={5432}) == ["8.8.4.4"]
    assert door.connect_checked("db.internal", 5433, ports={5432}) == ["10.0.0.7"]
    assert door.connect_checked("::1", 5432, ports=()) == ["::1"]
