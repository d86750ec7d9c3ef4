"""Somebody of each role, signed in to the admin of an organization with a little of everything."""

from collections.abc import Callable
from typing import Any

import pytest

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def shop(db: Any) -> Any:
    """An organization with an assistant, a number, a tool, a key and a member."""
    from tests.factories.assistants import make_assistant, make_number
    from tests.factories.knowledge import make_collection, make_document
    from tests.factories.organizations import (
        make_credential,
        make_key,
        make_member,
        make_organization,
    )
    from tests.factories.tools import make_tool
    from voiceassist.foundation import mail

    organization = make_organization("Harbour Books")
    assistant = make_assistant(organization, name="Front desk", slug="desk")
    make_number(organization, assistant=assistant)
    make_tool(organization)
    make_key(organization)
    make_credential(organization)
    make_member(organization, "viewer")
    make_document(make_collection(organization), "# Hours\n\nOpen on Monday.")
    mail.send(organization.pk, mail.Draft("ada@example.com", "Your table", "Friday at 8."))
    return organization


@pytest.fixture
def signed_in(db: Any) -> Callable[[Any], Any]:
    """Return a function that signs a user in and returns their client."""
    from django.test import Client

    def sign_in(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def as_role(shop: Any, signed_in: Callable[[Any], Any]) -> Callable[[str], Any]:
    """Return a function that signs in somebody of a role in the shop."""
    from tests.factories.organizations import make_member

    return lambda role: signed_in(make_member(shop, role))
