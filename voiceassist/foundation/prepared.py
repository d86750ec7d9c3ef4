"""Queries put together once and sent many times; imports Django only.

Django puts a query together anew each time. For a row with its relations that takes several times
as long as the database's answer: where somebody waits on the line, it is worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Expression, Model, QuerySet


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
        self._plans: dict[str, _Plan] = {}

    def first(self, *values: Any) -> list[Any] | None:
        """Return what is in the first row that is found, as `values_list` would; or None."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            plan = self._plans[connection.vendor] = _plan(self._rows(*self._given)[:1])
        arguments = [
            each.prepared(values) if isinstance(each, Given) else each for each in plan.arguments
        ]
        with connection.cursor() as cursor:
            cursor.execute(plan.statement, arguments)
            found = cursor.fetchone()
        return None if found is None else plan.converted(list(found))


@dataclass(frozen=True)
class _Plan:
    """What Django found out about a query."""

    statement: str
    arguments: tuple[Any, ...]
    converters: tuple[tuple[int, list[Callable[..., Any]], Any], ...]

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
