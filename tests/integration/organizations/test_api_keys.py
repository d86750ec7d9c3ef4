"""API keys: what opens, what does not, what is kept; and people on the same routes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.factories.organizations import make_key, make_member, make_organization
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.current import organization_of_user
from voiceassist.organizations.models import ApiKey, AuditEntry, Membership, Role
from voiceassist.organizations.services import api_keys

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Probe(APIView):
    """Reads for viewers, writes for builders."""

    required_permission = {"GET": "calls.read", "POST": "assistants.write"}

    def get(self, request: Any) -> Response:
        return Response({"organization": organization_of_user(request.user).slug})

    def post(self, request: Any) -> Response:
        return Response({}, status=201)


urlpatterns = [
    path("probe", Probe.as_view()),
    path("choose", lambda request: HttpResponse(), name="choose"),
]


def get(token: str, **headers: str) -> Any:
    return Client().get("/probe", headers={"Authorization": f"Bearer {token}", **headers})


def test_a_key_acts_for_its_organization() -> None:
    organization = make_organization()
    _key, secret = make_key(organization)
    answer = get(secret)
    assert answer.status_code == 200
    assert answer.json() == {"organization": organization.slug}


def test_only_a_digest_and_the_beginning_are_kept() -> None:
    key, secret = make_key(make_organization())
    assert secret.startswith("vak_")
    stored = [str(getattr(key, field.attname)) for field in key._meta.concrete_fields]
    assert not any(secret in value or secret[12:] in value for value in stored)
    assert key.prefix == secret[:12]


def refused(answer: Any) -> str:
    """Return why a request was not authenticated."""
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    return str(answer.json()["detail"])


def test_without_anything_the_request_is_401() -> None:
    assert "credentials were not provided" in refused(Client().get("/probe"))


@pytest.mark.parametrize("token", ["vak_wrong", "", "x" * 5000, "vak_\x7f"])
def test_an_unknown_key_is_401_and_tells_nothing_of_others(token: str) -> None:
    make_key(make_organization())
    assert "not known" in refused(get(token))


def test_an_expired_key_says_so() -> None:
    key, secret = make_key(make_organization())
    ApiKey.unscoped.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in refused(get(secret))


def test_a_revoked_key_says_so() -> None:
    key, secret = make_key(make_organization())
    api_keys.revoke(key)
    assert "revoked" in refused(get(secret))


def test_a_key_that_two_revoke_at_once_was_revoked_once() -> None:
    key, _secret = make_key(make_organization())
    read_before = ApiKey.unscoped.get(pk=key.pk)
    api_keys.revoke(key)
    api_keys.revoke(read_before)
    assert AuditEntry.unscoped.filter(action="api_key.revoked").count() == 1
    assert ApiKey.unscoped.get(pk=key.pk).revoked_at == key.revoked_at


def test_a_key_may_not_name_another_organization() -> None:
    other = make_organization()
    _key, secret = make_key(make_organization())
    assert get(secret, **{"X-Organization": other.slug}).status_code == 404


def test_a_key_has_the_role_it_was_made_with() -> None:
    _key, secret = make_key(make_organization("Harbour Books"), Role.VIEWER)
    answer = Client().post("/probe", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the role builder or above in Harbour Books."
    _key, stronger = make_key(make_organization(), Role.BUILDER)
    answer = Client().post("/probe", headers={"Authorization": f"Bearer {stronger}"})
    assert answer.status_code == 201


def test_the_last_use_is_written_at_most_once_a_minute() -> None:
    key, secret = make_key(make_organization())
    get(secret)
    first = ApiKey.unscoped.get(pk=key.pk).last_used_at
    assert first is not None
    get(secret)
    assert ApiKey.unscoped.get(pk=key.pk).last_used_at == first
    ApiKey.unscoped.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    get(secret)
    assert ApiKey.unscoped.get(pk=key.pk).last_used_at > first


def test_a_busy_key_costs_one_query(django_assert_num_queries: Any) -> None:
    _key, secret = make_key(make_organization())
    get(secret)
    with django_assert_num_queries(1):
        assert get(secret).status_code == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"role": "emperor"}, "role"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_a_key_is_not_made_of_nonsense(values: dict[str, Any], field: str) -> None:
    given = {"name": "Shop", "role": Role.OPERATOR, **values}
    with pytest.raises(InvalidInput) as error:
        api_keys.create(make_organization(), **given)
    assert list(error.value.errors) == [field]


def test_the_command_prints_the_key_and_nothing_else() -> None:
    organization = make_organization()
    out = StringIO()
    call_command("create_api_key", organization=organization.slug, name="Till", stdout=out)
    assert get(out.getvalue().strip()).json() == {"organization": organization.slug}
    assert ApiKey.objects.of(organization).get().name == "Till"


def test_the_command_names_the_organizations_there_are() -> None:
    make_organization(slug="harbour")
    with pytest.raises(CommandError, match="Known: .*harbour"):
        call_command("create_api_key", organization="harbor")


def test_a_person_needs_the_token_of_the_form_to_write() -> None:
    user = make_member(make_organization(), Role.BUILDER)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend=BACKEND)
    assert client.get("/probe").status_code == 200
    answer = client.post("/probe")
    assert answer.status_code == 403
    assert "X-CSRFToken" in answer.json()["detail"]
    client.cookies["csrftoken"] = "a" * 32
    assert (
        client.post(
            "/probe", {}, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
        ).status_code
        == 201
    )


def test_a_person_of_two_organizations_is_asked_which() -> None:
    first, second = make_organization(slug="one-of-two"), make_organization(slug="two-of-two")
    user = make_member(first)
    Membership(organization=second, user=user, role=Role.VIEWER).save()
    client = Client()
    client.force_login(user, backend=BACKEND)
    answer = client.get("/probe")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "X-Organization"
    assert "one-of-two, two-of-two" in error["message"]
    named = client.get("/probe", headers={"X-Organization": "two-of-two"})
    assert named.json() == {"organization": "two-of-two"}
    assert client.get("/probe", headers={"X-Organization": "three"}).status_code == 404
