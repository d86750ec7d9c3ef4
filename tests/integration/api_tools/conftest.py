"""Programs and people that use the tools' routes, and a server for tools to call."""

import json

import pytest
from django.test import Client

from tests.integration.tools.conftest import tool_server  # noqa: F401 - a fixture

# Loaded before Django is set up, so models are imported where they are used.


class Api:
    """A program with a key of a role, or a person who signed in."""

    def __init__(self, organization, role="builder", person=None):
        from tests.factories.organizations import PASSWORD, make_key

        self.client, self.headers = Client(), {}
        if person is None:
            self.headers["Authorization"] = f"Bearer {make_key(organization, role)[1]}"
        else:
            assert self.client.login(email=person.email, password=PASSWORD)

    def __call__(self, method, path, expect=200, body=None, *, raw=None):
        data = raw if raw is not None else "" if body is None else json.dumps(body)
        response = self.client.generic(
            method, path, data, content_type="application/json", headers=self.headers
        )
        assert response.status_code == expect, response.content
        if expect >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.json() if response.content else None

    def wrong(self, method, path, body):
        """Return field → message of a refusal."""
        problem = self(method, path, 400, body)
        return {each["field"]: each["message"] for each in problem["errors"]}


@pytest.fixture
def organization():
    from tests.factories.organizations import make_organization

    return make_organization("Juniper Cycles")


@pytest.fixture
def other():
    """Another organization."""
    from tests.factories.organizations import make_organization

    return make_organization("Harbour Books")


@pytest.fixture
def assistant(organization):
    from tests.factories.assistants import make_assistant

    return make_assistant(organization)


@pytest.fixture
def api(organization):
    """A builder's program."""
    return Api(organization)


@pytest.fixture
def api_as(organization):
    """Makes programs of other roles."""
    return lambda role, of=organization: Api(of, role)
