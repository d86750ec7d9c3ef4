"""Queries put together once and sent many times; imports Django only.

Django puts a query together anew each time. For a row with its relations that takes several times
as long as the database's answer: where somebody waits on the line, it is worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.sql import UpdateQuery

Row = TypeVar("Row", bound=Model)


class Given(Expression):
    """The place of a value in a prepared query, for a column of this field's type."""

    def __init__(self, position: int, model: type[Model], name: str) -> None:
        super().__init__(output_field=model._meta.get_field(name))  # type: ignore[arg-type]
        self.position = position

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Leave the place open: what is given later takes it."""
        return "%s", (self,)

    def prepared(self, values: Sequence[Any]) -> Any:
        """Return the value that belongs here as the database takes it."""
        return self.output_field.get_db_prep_value(values[self.position], connection)


class PreparedQuery:
    """The columns of a row that has these values in some columns.

    Args:
        model: whose columns the values belong to.
        fields: the names of those columns.
        rows: builds the query from one `Given` per field and ends in `values_list`; it is called
            once per kind of database, so it must not depend on anything else.
    """

    def __init__(
        self,
        model: type[Model],
        fields: Sequence[str],
        rows: Callable[..., QuerySet[Any, tuple[Any, ...]]],
    ) -> None:
        self._given = [Given(position, model, name) for position, name in enumerate(fields)]
        self._rows = rows
        self._plans: dict[tuple[str, int | None], _Plan] = {}

    def first(self, *values: Any) -> list[Any] | None:
        """Return what is in the first row that is found, as `values_list` would; or None."""
        found = self._fetched(values, 1)
        return found[0] if found else None

    def all(self, *values: Any) -> list[list[Any]]:
        """Return what is in every row that is found, as `values_list` would."""
        return self._fetched(values, None)

    def _fetched(self, values: Sequence[Any], most: int | None) -> list[list[Any]]:
        kind = connection.vendor, most
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = _plan(self._rows(*self._given)[:most])
        with connection.cursor() as cursor:
            cursor.execute(plan.statement, plan.filled(values))
            return [plan.converted(list(row)) for row in cursor.fetchall()]


class PreparedUpdate:
    """A change of the rows that have these values in some columns; some may be its new values.

    Args:
        model, fields: as of a query.
        change: returns, from one `Given` per field, which rows change and the new values of fields.
    """

    def __init__(
        self,
        model: type[Model],
        fields: Sequence[str],
        change: Callable[..., tuple[QuerySet[Any], dict[str, Any]]],
    ) -> None:
        self._given = [Given(position, model, name) for position, name in enumerate(fields)]
        self._change = change
        self._plans: dict[str, _Plan] = {}

    def run(self, *values: Any) -> int:
        """Change the rows and return how many there were."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            rows, new = self._change(*self._given)
            query: UpdateQuery = rows.query.chain(UpdateQuery)  # type: ignore[assignment]
            query.add_update_values(new)
            statement, arguments = query.get_compiler(connection=connection).as_sql()
            plan = self._plans[connection.vendor] = _Plan(statement, tuple(arguments), ())
        with connection.cursor() as cursor:
            cursor.execute(plan.statement, plan.filled(values))
            return int(cursor.rowcount)


def columns(model: type[Model]) -> tuple[str, ...]:
    """Return the names of all columns of a model, as `values_list` and `instance` take them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def instance(model: type[Row], names: tuple[str, ...], values: Iterator[Any]) -> Row:
    """Take as many values as there are names, and return them as a row of the model.

    What is not among the names is asked for when it is used.
    """
    return model.from_db(connection.alias, names, list(islice(values, len(names))))


@dataclass(frozen=True)
class _Plan:
    """What Django found out about a query."""

    statement: str
    arguments: tuple[Any, ...]
    converters: tuple[tuple[int, list[Callable[..., Any]], Any], ...]

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """Return the arguments with these values in the places left open."""
        return [
            each.prepared(values) if isinstance(each, Given) else each for each in self.arguments
        ]

    def converted(self, row: list[Any]) -> list[Any]:
        for place, converters, expression in self.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        return row


def _plan(rows: QuerySet[Any, tuple[Any, ...]]) -> _Plan:
    compiler = rows.query.get_compiler(connection=connection)
    statement, arguments = compiler.as_sql()
    converters = compiler.get_converters(each[0] for each in compiler.select)
    return _Plan(
        statement, tuple(arguments), tuple((place, *each) for place, each in converters.items())
    )
