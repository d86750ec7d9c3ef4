"""Which statements a database query tool takes, and what it says to the others."""

import pytest
from pydantic import ValidationError

from tools_library.executors.database_query.config import DatabaseQueryConfig

GOOD = {
    "type": "database_query",
    "dsn_credential": "ORDERS_DSN",
    "query": "select * from orders where phone = %(phone)s",
    "parameters": {"phone": "${phone_number}"},
    "row_limit": 50,
    "execution_timeout": 5,
}


def made(query, **parameters):
    return DatabaseQueryConfig.model_validate({**GOOD, "query": query, "parameters": parameters})


def test_the_example_is_taken():
    config = DatabaseQueryConfig.model_validate(GOOD)
    assert config.secret_names == {"dsn_credential": "ORDERS_DSN"}
    assert config.templates == {"parameters": {"phone": "${phone_number}"}}


@pytest.mark.parametrize(
    "query",
    [
        "select 1;",
        "  SELECT ';' as a, \"a;b\" from t -- ; drop\n",
        "with x as (select 1) select * from x",
        "/* ; */ values (1)",
        "(select 1) union (select 2)",
        "table orders",
        "select $$it's; fine$$ as a, $a$x;$a$",
        "select e'a\\';b'",
        "select 'it''s; fine'",
        "select 'a%%'",
    ],
)
def test_one_reading_statement(query):
    assert made(query).query == query


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 1; drop table orders", "one statement"),
        ("select 1;;select 2", "one statement"),
        ("delete from orders", "Only a statement that reads"),
        ("  /* select */ update orders set a = 1", "Only a statement that reads"),
        ("explain analyze delete from orders", "Only a statement that reads"),
        ("do $$ begin end $$", "Only a statement that reads"),
        ("-- nothing", "Write a statement"),
        ("select 'open", "not closed"),
        ("select /* open", "not closed"),
        ("select '${phone_number}'", "only as %(name)s"),
        ("select 'a%'", "percent"),
        ("select %s", "percent"),
        ("select '\x00'", "NUL"),
    ],
)
def test_anything_else_is_refused(query, words):
    with pytest.raises(ValidationError, match=words.replace("(", r"\(").replace(")", r"\)")):
        made(query)


@pytest.mark.parametrize(
    ("query", "parameters", "words"),
    [
        ("select %(a)s", {}, "a"),
        ("select 1", {"a": 1}, "does not use"),
        ("select '%%(a)s'", {"a": 1}, "does not use"),
    ],
)
def test_names_and_values_belong_together(query, parameters, words):
    with pytest.raises(ValidationError, match=words) as raised:
        made(query, **parameters)
    assert raised.value.errors()[0]["loc"] == ("parameters",)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"row_limit": 0}, "row_limit"),
        ({"row_limit": 5_000}, "row_limit"),
        ({"execution_timeout": 0}, "execution_timeout"),
        ({"dsn_credential": ""}, "dsn_credential"),
        ({"dsn": "postgres://"}, "dsn"),
        ({"parameters": {"phone": 1, "a b": 2}}, "parameters"),
    ],
)
def test_what_is_wrong_names_its_field(changes, where):
    with pytest.raises(ValidationError) as raised:
        DatabaseQueryConfig.model_validate({**GOOD, **changes})
    assert raised.value.errors()[0]["loc"][0] == where
