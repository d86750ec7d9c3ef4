"""Database query tools against a real PostgreSQL, and against what only says that it is one."""

import asyncio
import contextlib
import os
import socket
import threading
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.integration.executors.runs import go
from tests.security.outbound.servers import RawServer
from tests.services.ports import wait_for
from tools_library.executors.database_query import reading

DSN = os.environ["DATABASE_URL"]
PORT = urlsplit(DSN).port or 5432
TABLE = "query_tool_orders"


@pytest.fixture(scope="module", autouse=True)
def orders():
    # Workers share a server that is thrown away with the run: whoever is first fills the table.
    with psycopg.connect(DSN) as admin:
        admin.execute("select pg_advisory_xact_lock(2025550100)")
        if admin.execute("select to_regclass(%s)", [TABLE]).fetchone() == (None,):
            admin.execute(f"create table {TABLE} (id int, phone text, total numeric, placed date)")
            admin.execute(
                f"insert into {TABLE} select n, '+12025550' || (100 + n % 3), n * 1.10, 'infinity' "
                "from generate_series(1, 90) n"
            )


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.OUTBOUND_ALLOW = [f"{urlsplit(DSN).hostname}:{PORT}"]


def query(text, *, dsn=DSN, seconds=60.0, arguments=None, **more):
    configuration = {
        "type": "database_query", "dsn_credential": "ORDERS_DSN", "query": text, **more
    }  # fmt: skip
    return go(configuration, arguments, secrets={"ORDERS_DSN": dsn}, seconds=seconds)


def test_rows_of_a_caller():
    outcome = query(
        f"select id, total, placed from {TABLE} where phone = %(phone)s order by id limit 2",
        parameters={"phone": "${who}"},
        arguments={"who": "+12025550101"},
    )
    assert outcome.output == {
        "success": True,
        "message": "2 rows found.",
        "data": {
            "rows": [
                {"id": 1, "total": "1.10", "placed": "infinity"},
                {"id": 4, "total": "4.40", "placed": "infinity"},
            ],
            "row_count": 2,
            "truncated": False,
        },
    }


def test_a_value_is_never_sql():
    text = f"select id from {TABLE} where phone = %(phone)s"
    evil = f"x'; drop table {TABLE}; --"
    outcome = query(text, parameters={"phone": "${who}"}, arguments={"who": evil})
    assert outcome.output["data"]["rows"] == []
    assert query(f"select count(*) as n from {TABLE}").output["data"]["rows"] == [{"n": 90}]


def test_more_rows_than_the_limit_are_cut_and_said_to_be():
    data = query(f"select id from {TABLE}", row_limit=7).output["data"]
    assert (data["row_count"], data["truncated"]) == (7, True)
    assert (
        query("select n from generate_series(1, 7) n", row_limit=7).output["data"]["truncated"]
        is False
    )


def test_endless_rows_end_at_the_limit_soon():
    outcome = query("select generate_series(1, 2000000000)", row_limit=5)
    assert outcome.output["data"]["row_count"] == 5
    assert outcome.duration_ms < 15_000


def test_wide_rows_are_cut_by_their_bytes():
    data = query("select repeat('x', 100000) as t from generate_series(1, 50)").output["data"]
    assert data["truncated"] is True
    assert data["row_count"] == 4


def test_a_row_too_large_to_tell_is_left_out():
    outcome = query("select repeat('x', 10000000) as t")
    assert outcome.output["data"] == {"rows": [], "row_count": 0, "truncated": True}
    assert "too large" in outcome.output["message"]


def test_values_of_every_kind_become_json():
    outcome = query(
        "select true as a, null as b, 1.5::float8 as c, 'NaN'::float8 as d, '\\x00ff'::bytea as e, "
        "'{\"k\": [1]}'::jsonb as f, array[1, 2] as g, interval '1 day 2 hours' as h, "
        "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'::uuid as i, int4range(1, 5) as j, 1 as k, 2 as k"
    )
    assert outcome.output["data"]["rows"] == [
        {
            "a": True, "b": None, "c": 1.5, "d": None, "e": "2 bytes", "f": {"k": [1]},
            "g": [1, 2], "h": "P1DT2H", "i": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "j": "[1, 5)", "k": 1, "k_2": 2,
        }
    ]  # fmt: skip


def test_lists_and_objects_are_bound_whole():
    outcome = query(
        "select %(o)s::jsonb ->> 'a' as a, 2 = any(%(l)s) as b, 'a%%' as c",
        parameters={"o": "${o}", "l": "${l}"},
        arguments={"o": {"a": "1"}, "l": [1, 2]},
    )
    assert outcome.output["data"]["rows"] == [{"a": "1", "b": True, "c": "a%"}]


@pytest.mark.parametrize(
    "text",
    [
        f"with gone as (delete from {TABLE} returning id) select * from gone",
        f"select id from {TABLE} for update",
        "select set_config('transaction_read_only', 'off', false)",
    ],
)
def test_nothing_is_changed(text):
    outcome = query(text)
    assert outcome.status == "error"
    assert query(f"select count(*) as n from {TABLE}").output["data"]["rows"] == [{"n": 90}]


def test_what_a_function_changes_all_the_same_is_rolled_back():
    query("select lo_create(0)")
    left = query("select count(*) as n from pg_largeobject_metadata")
    assert left.output["data"]["rows"] == [{"n": 0}]


def test_a_change_is_refused_in_a_sentence():
    outcome = query(f"with gone as (delete from {TABLE} returning id) select * from gone")
    assert outcome.error_code == "refused"
    assert "only read" in outcome.public_message


@pytest.mark.parametrize("seconds", [0.3, 5.0])
def test_a_slow_query_ends_at_the_deadline(seconds):
    outcome = query("select pg_sleep(20)", execution_timeout=0.3, seconds=seconds)
    assert (outcome.status, outcome.error_code) == ("timeout", "timeout")
    assert outcome.duration_ms < 15_000


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        ("select nothing from nowhere", {}, "internal", "query does not work"),
        ("select 1 / 0 as x", {}, "invalid_arguments", "division by zero"),
        ("select cast(%(a)s as int)", {"a": "soon"}, "invalid_arguments", "soon"),
        ("select %(a)s::text", {"a": "x" * 10}, None, ""),
    ],
)
def test_what_the_database_refuses(text, arguments, code, words):
    parameters = {"a": "${a}"} if arguments else {}
    outcome = query(text, parameters=parameters, arguments=arguments)
    assert outcome.error_code == (code or "")
    assert words in outcome.public_message


SECRET = "pa55word-of-orders"


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        (f"postgres://nobody:{SECRET}@127.0.0.1:{PORT}/postgres", "does not let the tool in"),
        (f"postgres://app:{SECRET}@127.0.0.1:1/postgres", "may not be called"),
        (f"postgres://app:{SECRET}@192.168.0.9/postgres", "may not be called"),
        (f"postgres://app:{SECRET}@169.254.169.254:5432/x", "may not be called"),
        (f"mysql://app:{SECRET}@db.example.com/x", "cannot be used"),
        (f"postgres://app:{SECRET}@db.example.com:5432/x?service=other", "cannot be used"),
        (f"postgres://app:{SECRET}@db.example.com/x?sslkey=/etc/shadow", "cannot be used"),
        (f"postgres://app:{SECRET}@a.example.com,b.example.com/x", "cannot be used"),
        (f"host=/var/run/postgresql user=app password={SECRET} dbname=x", "cannot be used"),
        (f"host=db.example.com hostaddr=127.0.0.1 user=a password={SECRET} dbname=x",
         "cannot be used"),
        (f"host=db.example.com password={SECRET}", "cannot be used"),
        (f"postgres://app:{SECRET}@db.example.com:99999/x", "cannot be used"),
        (f"{SECRET} is not a dsn", "cannot be used"),
        ("", "cannot be used"),
    ],
    ids=range(14),  # the addresses hold free ports, which each worker has others of
)  # fmt: skip
def test_a_dsn_that_leads_nowhere_is_never_shown(dsn, words):
    outcome = query("select 1", dsn=dsn)
    assert outcome.status == "error"
    assert words in outcome.public_message
    assert SECRET not in repr(outcome)


def test_no_part_of_a_secret_is_told_where_a_text_is_cut():
    long = "canary-" + "7" * 60
    configuration = {
        "type": "database_query", "dsn_credential": "ORDERS_DSN",
        "query": "select %(v)s::text::int", "parameters": {"v": "x" * 240 + "${KEY}"},
    }  # fmt: skip
    outcome = go(configuration, secrets={"ORDERS_DSN": DSN, "KEY": long})
    assert outcome.error_code == "invalid_arguments" and "xxx" in outcome.detail
    assert "canary" not in repr(outcome)


def test_the_machines_own_settings_are_not_read(monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off")
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", "/nowhere")
    assert query("select 1 as one").status == "success"


def _garbage(server, connection):
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 1000)


def _silence(server, connection):
    server.ended.wait(60)


def _signed_in_then_silent(server, connection):
    connection.recv(1000)
    connection.sendall(b"N")
    connection.recv(1000)
    connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I")
    server.ended.wait(60)


def _signed_in_then_flood(server, connection):
    connection.recv(1000)
    connection.sendall(b"N")
    connection.recv(1000)
    connection.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I")
    notice = b"N\x00\x00\x03\xf0M" + b"x" * 1000 + b"\x00\x00\x00"
    while not server.ended.is_set():
        connection.sendall(notice * 100)


@pytest.mark.parametrize(
    ("handler", "codes"),
    [
        (_garbage, {"connection_failed"}),
        (_silence, {"timeout"}),
        (_signed_in_then_silent, {"timeout"}),
        # What is cut off because it is too much counts as a row that is too large.
        (_signed_in_then_flood, {"timeout", "connection_failed", "bad_response", ""}),
    ],
)
def test_what_is_no_database_ends_in_time(settings, handler, codes):
    server = RawServer(handler)
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    dsn = f"postgres://app:{SECRET}@127.0.0.1:{server.port}/orders"
    try:
        outcome = query("select 1", dsn=dsn, seconds=0.8 if "timeout" in codes else 30.0)
    finally:
        server.stop()
    assert outcome.error_code in codes
    assert outcome.duration_ms < 15_000
    assert SECRET not in repr(outcome)


def test_the_checked_address_is_dialled_whatever_the_name_says_later(settings, monkeypatch):
    answers = iter([["127.0.0.1"]])
    dialled = []
    real = socket.getaddrinfo

    def once(host, *args, **kwargs):
        if host == "orders.example.com":
            dialled.append(threading.current_thread().name)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers)[0], 0))]
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    settings.OUTBOUND_ALLOW = [f"orders.example.com:{PORT}"]
    parts = urlsplit(DSN)
    outcome = query(
        "select 1 as one", dsn=f"postgres://app:x@orders.example.com:{PORT}{parts.path}"
    )
    assert outcome.status == "success"
    assert len(dialled) == 1


def test_more_than_can_be_held_is_not_taken_from_the_wire(monkeypatch):
    monkeypatch.setattr(reading, "MAX_RECEIVED", 200_000)
    rows = query("select repeat('x', 40000) as x from generate_series(1, 10)", row_limit=10)
    assert rows.output["data"]["truncated"] and rows.output["data"]["row_count"] < 10
    value = query("select repeat('x', 100000000) as x")
    assert value.output["message"] == "The first row is too large to be told."


def test_a_closed_connections_number_is_nobody_elses_to_shut():
    async def ended():
        conn = await psycopg.AsyncConnection.connect(DSN)
        line = reading._Line(conn, asyncio.get_running_loop().time() + 60)
        number = conn.fileno()
        line.end()
        ours, theirs = socket.socketpair()
        with ours, theirs, contextlib.ExitStack() as opened:
            if number not in (ours.fileno(), theirs.fileno()):
                os.dup2(ours.fileno(), number)
                opened.callback(os.close, number)
            line._shut()
            line.measure()
            theirs.sendall(b"still open")
            return ours.recv(20)

    assert asyncio.run(ended()) == b"still open"


def test_connections_are_given_back():
    name = f"process-{os.getpid()}"  # others ask the same server
    dsn = f"{DSN}{'&' if '?' in DSN else '?'}application_name={name}"
    count = "select count(*) from pg_stat_activity where application_name = %s"
    with closing(psycopg.connect(DSN, autocommit=True)) as admin:

        def left():
            return admin.execute(count, [name]).fetchone()[0]

        asked = query("select current_setting('application_name') as name", dsn=dsn)
        assert name in str(asked.output)
        for _ in range(5):
            query("select pg_sleep(5)", dsn=dsn, execution_timeout=0.1)
            query("select n from generate_series(1, 100000) n", dsn=dsn, row_limit=2)
        wait_for(lambda: not left(), seconds=60, what="the end of the connections")
        assert left() == 0
