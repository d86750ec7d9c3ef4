"""Signing in with e-mail and password: what opens, what waits, and links that set a password."""

from itertools import count
from typing import Any

import pytest
from django.test import Client

from tests.factories.organizations import PASSWORD, make_member, make_organization
from voiceassist.organizations.models import User
from voiceassist.organizations.services import invitations, members

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
_addresses = count(1)


def visitor() -> Client:
    """A browser at an address of its own: limits for one address touch no other test."""
    return Client(REMOTE_ADDR=f"198.51.100.{next(_addresses)}")


def sign_in(client: Client, email: str, password: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password})


def test_a_password_opens_the_pages_however_the_address_is_written() -> None:
    user = make_member(make_organization())
    client = visitor()
    answer = sign_in(client, user.email.upper(), PASSWORD)
    assert answer.status_code == 302
    assert client.get("/calls").status_code == 200


def test_a_wrong_password_says_so_and_not_which_part_was_wrong() -> None:
    user = make_member(make_organization())
    for email in (user.email, "nobody@example.com"):
        page = sign_in(visitor(), email, "wrong").content.decode()
        assert "E-mail or password is wrong." in page


def test_five_wrong_tries_close_the_sign_in_for_a_while_even_for_the_right_password() -> None:
    user, other = (make_member(make_organization()) for _ in range(2))
    client = visitor()
    for _ in range(5):
        sign_in(client, user.email, "wrong")
    page = sign_in(client, user.email, PASSWORD)
    assert page.status_code == 200
    assert "Wait 15 minutes" in page.content.decode()
    assert sign_in(visitor(), other.email, PASSWORD).status_code == 302


def test_nobody_signs_up_alone() -> None:
    data = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    visitor().post("/accounts/signup/", data)
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("path", ["password/reset/", "password/reset/done/"])
def test_a_forgotten_password_leads_to_an_admin(path: str) -> None:
    user = make_member(make_organization())
    assert "Ask an admin" in visitor().get(f"/accounts/{path}").content.decode()
    answer = visitor().post("/accounts/password/reset/", {"email": user.email}, follow=True)
    assert "Ask an admin" in answer.content.decode()


def test_a_person_changes_their_password() -> None:
    user = make_member(make_organization())
    client = visitor()
    sign_in(client, user.email, PASSWORD)
    new = "another-long-password"
    data = {"oldpassword": "wrong", "password1": new, "password2": new}
    assert b'aria-invalid="true"' in client.post("/accounts/password/change/", data).content
    answer = client.post("/accounts/password/change/", {**data, "oldpassword": PASSWORD})
    assert answer.status_code == 302
    assert sign_in(visitor(), user.email, new).status_code == 302


def test_a_closed_account_is_out_at_once() -> None:
    user = make_member(make_organization())
    client = visitor()
    sign_in(client, user.email, PASSWORD)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/calls").status_code == 302


def test_a_password_link_lets_a_new_member_in_once() -> None:
    row = members.add(make_organization(), "fresh@example.com", "operator")
    link = invitations.password_link(row.user)
    client = visitor()
    form = client.get(link.removeprefix("http://testserver"), follow=True)
    target = form.redirect_chain[-1][0]
    done = client.post(target, {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    assert sign_in(visitor(), "fresh@example.com", PASSWORD).status_code == 302
    again = visitor().get(link.removeprefix("http://testserver"), follow=True)
    assert "password1" not in again.content.decode()
