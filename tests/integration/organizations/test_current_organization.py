"""For which organization a request acts: header, last choice, the only one; never a foreign one."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from tests.factories.organizations import make_member, make_organization, make_superuser
from voiceassist.organizations import current
from voiceassist.organizations.errors import OrganizationRequired, UnknownOrganization
from voiceassist.organizations.middleware import CurrentOrganizationMiddleware
from voiceassist.organizations.models import Membership, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    """Somebody who is viewer in alpha and builder in beta."""
    alpha, beta = make_organization("Alpha", slug="alpha"), make_organization("Beta", slug="beta")
    user = make_member(alpha, Role.VIEWER)
    Membership(organization=beta, user=user, role=Role.BUILDER).save()
    make_organization("Gamma", slug="gamma")
    return user


def fresh(user: User) -> User:
    """Return the user as the next request loads them."""
    return User.objects.get(pk=user.pk)


def request_of(user: Any, **headers: str) -> Any:
    """Return a request that went through the middleware."""
    request = RequestFactory().get("/", headers=headers)
    request.user = user
    CurrentOrganizationMiddleware(lambda request: HttpResponse())(request)
    return request


def test_the_only_organization_needs_no_naming() -> None:
    organization = make_organization()
    assert request_of(make_member(organization)).organization == organization


def test_several_without_a_choice_are_listed(person: User) -> None:
    with pytest.raises(OrganizationRequired) as refused:
        current.organization_of(request_of(person))
    assert refused.value.slugs == ("alpha", "beta")


def test_the_header_names_one(person: User) -> None:
    request = request_of(person, **{"X-Organization": "beta"})
    assert current.organization_of(request).slug == "beta"
    assert current.role_in_current(request.user) == Role.BUILDER


def test_the_header_wins_over_the_last_choice(person: User) -> None:
    current.choose(person, "alpha")
    request = request_of(fresh(person), **{"X-Organization": "beta"})
    assert request.organization.slug == "beta"


def test_permissions_follow_the_named_organization(person: User) -> None:
    in_alpha = request_of(fresh(person), **{"X-Organization": "alpha"})
    in_beta = request_of(fresh(person), **{"X-Organization": "beta"})
    assert not in_alpha.user.has_perm("assistants.change_assistant")
    assert in_beta.user.has_perm("assistants.change_assistant")


def test_the_last_choice_is_remembered(person: User) -> None:
    current.choose(person, "beta")
    assert request_of(fresh(person)).organization.slug == "beta"


def test_a_choice_ends_with_the_membership(person: User) -> None:
    current.choose(person, "beta")
    Membership.unscoped.filter(user=person, organization__slug="beta").delete()
    assert request_of(fresh(person)).organization.slug == "alpha"


@pytest.mark.parametrize("slug", ["gamma", "nowhere"])
def test_a_foreign_organization_is_as_unknown_as_none(person: User, slug: str) -> None:
    with pytest.raises(UnknownOrganization):
        current.organization_of(request_of(person, **{"X-Organization": slug}))
    with pytest.raises(UnknownOrganization):
        current.choose(person, slug)


def test_a_visitor_has_no_organization_and_no_role() -> None:
    assert current.role_in_current(AnonymousUser()) is None
    with pytest.raises(OrganizationRequired):
        current.organization_of(request_of(AnonymousUser()))


def test_a_superuser_may_act_anywhere_as_owner(person: User) -> None:
    request = request_of(make_superuser(), **{"X-Organization": "gamma"})
    assert request.organization.slug == "gamma"
    assert current.role_in_current(request.user) == Role.OWNER


def test_the_answer_costs_one_query_a_request(person: User, django_assert_num_queries: Any) -> None:
    request = request_of(person, **{"X-Organization": "beta"})
    with django_assert_num_queries(1):
        assert request.organization.slug == "beta"
        assert request.user.has_perm("assistants.change_assistant")
        assert request.user.has_perm("calls.view_call")


def test_the_middleware_is_no_thread_hop_under_asgi() -> None:
    seen: list[str] = []

    async def view(request: Any) -> HttpResponse:
        seen.append("view")
        return HttpResponse("ok")

    middleware = CurrentOrganizationMiddleware(view)
    assert asyncio.iscoroutinefunction(middleware.__call__) or middleware.is_async
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    answer: Any = middleware(request)
    assert asyncio.iscoroutine(answer)
    assert asyncio.run(answer).content == b"ok"
    assert seen == ["view"]


def test_a_page_without_a_choice_leads_to_the_choice_and_back(person: User) -> None:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get("/calls?day=today")
    assert answer.status_code == 302
    assert answer["Location"] == "/organizations/choose?next=%2Fcalls%3Fday%3Dtoday"
    page = client.get(answer["Location"]).content.decode()
    assert "Alpha" in page
    assert "Gamma" not in page
    chosen = client.post("/organizations/choose", {"organization": "beta", "next": "/calls"})
    assert chosen["Location"] == "/calls"
    assert client.get("/calls").status_code == 200


def test_whoever_starts_a_server_is_led_to_the_first_organization() -> None:
    boss, add = make_superuser(), "/admin/organizations/organization/add/"
    client = Client()
    client.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(client.get("/calls")["Location"]).content.decode()
    assert f'href="{add}"' in page
    assert "Ask an admin" not in page
    form = client.get(add).content.decode()
    assert "#id_slug" in form.split("data-prepopulated-fields=")[1].partition(">")[0]
    client.post(add, {"name": "Front", "slug": "front", "tool_review": "own"})
    assert client.get("/calls").status_code == 200


def test_choosing_never_leads_to_another_site(person: User) -> None:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    data = {"organization": "beta", "next": "https://evil.example.com/"}
    assert client.post("/organizations/choose", data)["Location"] == "/calls"


def test_choosing_a_foreign_organization_is_404(person: User) -> None:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/organizations/choose", {"organization": "gamma"}).status_code == 404


def test_async_views_get_the_same_answer(person: User) -> None:
    request = request_of(person)

    async def auser() -> User:
        return person

    request.auser = auser
    request.META["HTTP_X_ORGANIZATION"] = "beta"
    del request.headers
    assert async_to_sync(current.aorganization_of)(request).slug == "beta"


def test_a_page_is_served_under_asgi(person: User) -> None:
    current.choose(person, "beta")
    client = AsyncClient()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert async_to_sync(client.get)("/calls").status_code == 200
