"""The roles table: complete, ordered, and as the contracts put it."""

import pytest
from django.apps import apps

from voiceassist.organizations.models import Role
from voiceassist.organizations.roles import (
    LEAST_ROLE,
    MODEL_RULES,
    SUPERUSERS_ONLY,
    ModelRule,
    can,
    rule_of,
)

OURS = ("voiceassist.", "tools_library", "calls", "tavus_webhooks")
ROLES = list(Role)

# Contracts, "Roles": what each role may do beyond the one before it.
GAINS = {
    Role.VIEWER: {
        "approvals.read",
        "assistants.read",
        "calls.read",
        "executions.read",
        "knowledge.read",
        "members.read",
        "numbers.read",
        "organization.read",
        "tools.read",
    },
    Role.OPERATOR: {
        "approvals.answer",
        "calls.operate",
        "conversations.chat",
        "conversations.read",
        "grants.manage",
        "mail.read",
        "tools.run",
    },
    Role.BUILDER: {
        "assistants.write",
        "credentials.read",
        "knowledge.write",
        "numbers.write",
        "tools.write",
    },
    Role.ADMIN: {
        "audit.read",
        "credentials.manage",
        "keys.manage",
        "members.manage",
        "organization.write",
        "tools.approve",
    },
    Role.OWNER: {"organization.delete", "owners.manage"},
}


def our_models() -> list[str]:
    return [
        model._meta.label_lower
        for config in apps.get_app_configs()
        if config.name.startswith(OURS)
        for model in config.get_models()
    ]


def test_every_model_of_ours_is_decided() -> None:
    assert set(our_models()) == set(MODEL_RULES) | SUPERUSERS_ONLY


def test_no_model_is_decided_twice() -> None:
    assert not set(MODEL_RULES) & SUPERUSERS_ONLY


@pytest.mark.parametrize("model", sorted(MODEL_RULES))
def test_a_model_rule_names_permissions_of_the_table(model: str) -> None:
    rule: ModelRule = MODEL_RULES[model]
    named = {rule.view, rule.add, rule.change, rule.delete} - {None}
    assert named <= set(LEAST_ROLE)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gains_what_the_contracts_say(role: Role) -> None:
    below = ROLES[: ROLES.index(role)]
    expected = set().union(GAINS[role], *(GAINS[lower] for lower in below))
    assert {name for name in LEAST_ROLE if can(role, name)} == expected


def test_nobody_without_a_role_may_anything() -> None:
    assert not any(can(None, name) for name in LEAST_ROLE)


def test_an_unknown_permission_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        can(Role.OWNER, "calls.reed")


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ("assistants.change_assistant", "assistants.write"),
        ("calls.view_call", "calls.read"),
        ("calls.delete_call", None),
        ("calls.view_mediaticket", None),
        ("auth.view_group", None),
        ("nonsense", None),
    ],
)
def test_django_permissions_lead_to_ours(permission: str, expected: str | None) -> None:
    assert rule_of(permission) == expected
