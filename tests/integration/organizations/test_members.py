"""Members: who may name whom, who may open the admin, and the owner who cannot be lost."""

from functools import partial

import pytest

from tests.factories.organizations import make_member, make_organization, make_superuser
from tests.services.locks import beside
from voiceassist.assistants.models import Assistant
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import AuditEntry, Membership, Organization, Role, User
from voiceassist.organizations.services import members, organizations

pytestmark = pytest.mark.django_db


def membership(organization: Organization, user: User) -> Membership:
    row: Membership = Membership.objects.of(organization).get(user=user)
    return row


@pytest.mark.parametrize("role", list(Role))
def test_operators_and_above_may_open_the_admin(role: Role) -> None:
    assert make_member(make_organization(), role).is_staff is (role != Role.VIEWER)


def test_a_lower_role_closes_the_admin_again() -> None:
    organization = make_organization()
    user = make_member(organization, Role.BUILDER)
    members.change_role(membership(organization, user), Role.VIEWER)
    assert not User.objects.get(pk=user.pk).is_staff


def test_the_admin_stays_open_for_who_is_needed_elsewhere() -> None:
    here, there = make_organization(), make_organization()
    user = make_member(here, Role.ADMIN)
    members.add(there, user.email, Role.OPERATOR)
    members.remove(membership(here, user))
    assert User.objects.get(pk=user.pk).is_staff


def test_superusers_stay_staff_without_a_membership() -> None:
    organization, user = make_organization(), make_superuser()
    row = members.add(organization, user.email, Role.VIEWER)
    members.remove(row)
    assert User.objects.get(pk=user.pk).is_staff


def test_an_address_is_one_account_however_it_is_written() -> None:
    first, second = make_organization(), make_organization()
    members.add(first, "Ada@Example.com", Role.VIEWER)
    members.add(second, " ada@example.COM ", Role.VIEWER)
    assert User.objects.filter(email="ada@example.com").count() == 1


def test_a_new_account_cannot_sign_in_before_it_has_a_password() -> None:
    row = members.add(make_organization(), "new@example.com", Role.VIEWER)
    assert not row.user.has_usable_password()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@example.com\nBcc: x@example.com"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput) as error:
        members.add(make_organization(), email, Role.VIEWER)
    assert "name@example.com" in error.value.errors["email"]


def test_nobody_is_added_twice() -> None:
    organization = make_organization()
    user = make_member(organization)
    with pytest.raises(InvalidInput, match="is a member already"):
        members.add(organization, user.email, Role.VIEWER)


def test_only_an_owner_names_owners() -> None:
    organization = make_organization()
    row = membership(organization, make_member(organization, Role.ADMIN))
    with pytest.raises(InvalidInput, match="Only an owner can name owners"):
        members.add(organization, "x@example.com", Role.OWNER, by_role=Role.ADMIN)
    with pytest.raises(InvalidInput, match="Only an owner can name owners"):
        members.change_role(row, Role.OWNER, by_role=Role.ADMIN)
    members.change_role(row, Role.OWNER, by_role=Role.OWNER)


def test_an_admin_cannot_unmake_an_owner() -> None:
    organization = make_organization()
    make_member(organization, Role.OWNER)
    row = membership(organization, make_member(organization, Role.OWNER))
    with pytest.raises(InvalidInput, match="Only an owner can change or remove an owner"):
        members.change_role(row, Role.ADMIN, by_role=Role.ADMIN)
    with pytest.raises(InvalidInput, match="Only an owner can change or remove an owner"):
        members.remove(row, by_role=Role.ADMIN)


def test_the_last_owner_stays() -> None:
    organization = make_organization()
    row = membership(organization, make_member(organization, Role.OWNER))
    with pytest.raises(InvalidInput, match="last owner"):
        members.change_role(row, Role.ADMIN)
    with pytest.raises(InvalidInput, match="last owner"):
        members.remove(row)
    make_member(organization, Role.OWNER)
    members.remove(row)


def test_who_became_the_last_owner_a_moment_ago_is_not_removed() -> None:
    organization = make_organization()
    first = membership(organization, make_member(organization, Role.OWNER))
    user = make_member(organization, Role.ADMIN)
    read_before = membership(organization, user)
    members.change_role(membership(organization, user), Role.OWNER)
    with pytest.raises(InvalidInput, match="Only an owner can change or remove an owner"):
        members.remove(read_before, by_role=Role.ADMIN)
    members.change_role(first, Role.ADMIN)
    with pytest.raises(InvalidInput, match="last owner"):
        members.remove(read_before)


def test_a_member_whom_two_remove_at_once_is_removed_once() -> None:
    organization = make_organization()
    user = make_member(organization, Role.VIEWER)
    twice = [membership(organization, user) for _ in range(2)]
    for each in twice:
        members.remove(each)
    assert AuditEntry.objects.of(organization).filter(action="member.removed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_person_whom_two_organizations_add_at_once_gets_one_account() -> None:
    here, there = make_organization(), make_organization()
    one, other = (partial(members.add, each, "new@example.com") for each in (here, there))
    beside(one, other)
    assert User.objects.get(email="new@example.com").memberships.count() == 2


@pytest.mark.django_db(transaction=True)
def test_who_gets_a_lower_role_in_two_organizations_at_once_leaves_the_admin() -> None:
    here, there = make_organization(), make_organization()
    user = make_member(here, Role.OPERATOR)
    members.add(there, user.email, Role.OPERATOR)
    one, other = (
        partial(members.change_role, membership(each, user), Role.VIEWER) for each in (here, there)
    )
    beside(one, other)
    assert not User.objects.get(pk=user.pk).is_staff


@pytest.mark.django_db(transaction=True)
def test_of_two_organizations_that_are_called_alike_at_once_one_reads_so() -> None:
    make = partial(organizations.create, "Juniper Cycles")
    with pytest.raises(InvalidInput, match="juniper-cycles is taken"):
        beside(make, make)
    assert Organization.objects.count() == 1


def test_who_leaves_is_not_led_there_again() -> None:
    organization = make_organization()
    user = make_member(organization, Role.VIEWER)
    user.last_organization = organization
    user.save()
    members.remove(Membership.objects.of(organization).select_related("user").get())
    assert User.objects.get(pk=user.pk).last_organization is None


@pytest.mark.parametrize(
    ("name", "slug", "field"), [("", "x", "name"), ("!!!", "", "slug"), ("B", "taken", "slug")]
)
def test_an_organization_needs_names_of_its_own(name: str, slug: str, field: str) -> None:
    make_organization(slug="taken")
    with pytest.raises(InvalidInput) as error:
        organizations.create(name, slug=slug)
    assert field in error.value.errors


def test_the_default_assistant_is_one_of_ours() -> None:
    ours, theirs = make_organization(), make_organization()
    ours.default_assistant = Assistant.unscoped.create(organization=theirs, name="A", slug="a")
    with pytest.raises(InvalidInput, match="of this organization"):
        organizations.save(ours)


def test_a_deleted_organization_leaves_the_accounts() -> None:
    organization = make_organization()
    user = make_member(organization, Role.OWNER)
    organizations.delete(organization)
    assert not User.objects.get(pk=user.pk).is_staff
