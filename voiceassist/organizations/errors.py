"""Errors of identity; imports only foundation and Django.

InvalidInput
└── OrganizationRequired: 400, names the organizations to choose from
Http404
└── UnknownOrganization: 404, also for organizations that exist but are not yours
"""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404

from voiceassist.foundation.errors import InvalidInput

HEADER = "X-Organization"


class OrganizationRequired(InvalidInput):
    """It is not clear for which organization the request acts."""

    code = "organization_required"
    silent_variable_failure = True  # in a template: no organization, no name

    def __init__(self, slugs: Iterable[str]) -> None:
        self.slugs = tuple(slugs)
        if self.slugs:
            listed = ", ".join(self.slugs)
            text = f"Say for which organization: send this header with one of {listed}."
        else:
            text = "You belong to no organization. Ask an admin of yours to add you."
        super().__init__({HEADER: text})


class UnknownOrganization(Http404):
    """The named organization does not exist, or the asker does not belong to it."""

    silent_variable_failure = True

    def __init__(self, slug: str) -> None:
        super().__init__(f"You belong to no organization called {slug!r}.")
