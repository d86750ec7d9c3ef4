"""Pages that belong to no single room; imports only Django."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def home(request: HttpRequest) -> HttpResponse:
    """Lead to the calls."""
    return redirect("calls:list")
