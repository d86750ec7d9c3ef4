"""Makes organizations, people and keys for tests, through the services."""

from itertools import count

from voiceassist.organizations.models import ApiKey, Credential, Organization, Role, User
from voiceassist.organizations.services import api_keys, credentials, members, organizations

_NUMBERS = count(1)
PASSWORD = "a-long-enough-password"


def make_organization(name: str = "Harbour Books", *, slug: str = "") -> Organization:
    """Make an organization with a slug of its own."""
    return organizations.create(name, slug=slug or f"org-{next(_NUMBERS)}")


def make_member(organization: Organization, role: str = Role.BUILDER, *, email: str = "") -> User:
    """Make a person who belongs to the organization and can sign in with PASSWORD."""
    address = email or f"person{next(_NUMBERS)}@example.com"
    user = members.add(organization, address, role, name=f"A {role}").user
    if not user.has_usable_password():
        user.set_password(PASSWORD)
        user.save()
    return user


def make_superuser() -> User:
    """Make somebody who may do everything everywhere."""
    return User.objects.create_superuser(f"root{next(_NUMBERS)}@example.com", PASSWORD)


def make_key(organization: Organization, role: str = Role.OPERATOR) -> tuple[ApiKey, str]:
    """Make an API key; return its row and the key itself."""
    return api_keys.create(organization, "A program", role)


def make_credential(
    organization: Organization, name: str = "SHOP_TOKEN", value: str = "a-token"
) -> Credential:
    """Make a credential that tools may name."""
    return credentials.create(organization, name, value)
