"""Cursor paging: `{"next", "previous", "results"}`, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import exceptions, pagination
from rest_framework.request import Request


class CursorPagination(pagination.CursorPagination):
    """Pages that stay right while rows are added; `?page_size=` up to 200."""

    ordering: Any = "-id"
    page_size_query_param = "page_size"
    invalid_cursor_message = "This cursor is none of ours; take it from next or previous."
    max_page_size = 200

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return one page.

        Raises:
            NotFound: the cursor is none of ours.
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, InvalidValue, DataError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise exceptions.NotFound(self.invalid_cursor_message) from None


class ChosenOrder(CursorPagination):
    """The same in the order that `?ordering=` names, of those that the view's `orders` lists."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the columns to sort by; the last one is the id, so that no two are equal.

        Raises:
            ValidationError: the view knows no such order.
        """
        orders: Sequence[str] = view.orders
        asked = request.query_params.get("ordering") or orders[0]
        if asked.removeprefix("-") not in {each.removeprefix("-") for each in orders}:
            known = ", ".join(each.removeprefix("-") for each in orders)
            text = f"Order by {known}; a minus sign in front turns it round."
            raise exceptions.ValidationError({"ordering": [text]})
        return (asked, "-id" if asked.startswith("-") else "id")
