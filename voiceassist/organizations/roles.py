"""The one table of who may do what, and the backend that answers Django from it.

Imports the models of this room. Admin, API and pages all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied

from voiceassist.organizations.current import Actor, role_in_current
from voiceassist.organizations.models.membership import Role
from voiceassist.organizations.models.user import User

LEAST_ROLE: dict[str, Role] = {
    "calls.read": Role.VIEWER,
    "executions.read": Role.VIEWER,
    "tools.read": Role.VIEWER,
    "assistants.read": Role.VIEWER,
    "numbers.read": Role.VIEWER,
    "organization.read": Role.VIEWER,
    "members.read": Role.VIEWER,
    "approvals.read": Role.VIEWER,
    "knowledge.read": Role.VIEWER,
    "calls.operate": Role.OPERATOR,
    "conversations.read": Role.OPERATOR,
    "conversations.chat": Role.OPERATOR,
    "tools.run": Role.OPERATOR,
    "approvals.answer": Role.OPERATOR,
    "grants.manage": Role.OPERATOR,
    "tools.write": Role.BUILDER,
    "knowledge.write": Role.BUILDER,
    "assistants.write": Role.BUILDER,
    "numbers.write": Role.BUILDER,
    "credentials.read": Role.BUILDER,  # names, never values
    "organization.write": Role.ADMIN,
    "members.manage": Role.ADMIN,
    "keys.manage": Role.ADMIN,
    "credentials.manage": Role.ADMIN,
    "tools.approve": Role.ADMIN,
    "audit.read": Role.ADMIN,
    "mail.read": Role.OPERATOR,
    "owners.manage": Role.OWNER,
    "organization.delete": Role.OWNER,
}
"""Permission → the least role that has it; every higher role has it too."""


@dataclass(frozen=True)
class ModelRule:
    """Which permission each of Django's four actions on a model needs; None: nobody by hand."""

    view: str
    add: str | None = None
    change: str | None = None
    delete: str | None = None

    @classmethod
    def editable(cls, view: str, write: str) -> ModelRule:
        """Return the rule of a model that whoever may `write` adds, changes and deletes."""
        return cls(view=view, add=write, change=write, delete=write)


MODEL_RULES: dict[str, ModelRule] = {
    "organizations.organization": ModelRule(
        view="organization.read", change="organization.write", delete="organization.delete"
    ),
    "organizations.membership": ModelRule.editable("members.read", "members.manage"),
    "organizations.apikey": ModelRule.editable("keys.manage", "keys.manage"),
    "organizations.credential": ModelRule.editable("credentials.read", "credentials.manage"),
    "organizations.auditentry": ModelRule(view="audit.read"),
    "foundation.mail": ModelRule(view="mail.read"),
    "assistants.assistant": ModelRule.editable("assistants.read", "assistants.write"),
    "assistants.assistantversion": ModelRule(view="assistants.read"),
    "assistants.phonenumber": ModelRule.editable("numbers.read", "numbers.write"),
    "tools_library.tool": ModelRule.editable("tools.read", "tools.write"),
    "tools_library.toolversion": ModelRule(view="tools.read"),
    "tools_library.assistanttool": ModelRule.editable("assistants.read", "assistants.write"),
    "tools_library.toolexecution": ModelRule(view="executions.read"),
    "tools_library.approval": ModelRule(view="approvals.read", change="approvals.answer"),
    "tools_library.approvalgrant": ModelRule(view="approvals.read", delete="grants.manage"),
    "tools_library.toolreview": ModelRule(view="tools.read", change="tools.approve"),
    "knowledge.knowledgecollection": ModelRule.editable("knowledge.read", "knowledge.write"),
    "knowledge.knowledgedocument": ModelRule.editable("knowledge.read", "knowledge.write"),
    "knowledge.knowledgechunk": ModelRule(view="knowledge.read"),
    "calls.call": ModelRule(view="calls.read"),
    "calls.transcriptitem": ModelRule(view="calls.read"),
    "calls.transfer": ModelRule(view="calls.read"),
    "conversations.conversation": ModelRule(view="conversations.read"),
    "conversations.message": ModelRule(view="conversations.read"),
    "conversations.agentrun": ModelRule(view="conversations.read"),
    "conversations.toolproposal": ModelRule(view="conversations.read"),
}
"""Model → permissions; a model that is not here is for superusers only."""

SUPERUSERS_ONLY = frozenset({
    "organizations.user", "organizations.audithead", "foundation.event", "calls.mediaticket",
    "knowledge.documentsource", "knowledge.chunkvector", "conversations.incomingtext",
    "conversations.outgoingtext", "conversations.runevent", "tools_library.sentsecrets",
})  # fmt: skip
"""Models of ours that no role opens: people across organizations, and inner workings."""

_RANK = {role: rank for rank, role in enumerate(Role)}


def can(role: Role | str | None, permission: str) -> bool:
    """Return whether `role` has `permission` (a key of LEAST_ROLE); None has nothing.

    Raises:
        KeyError: the permission is not in the table.
    """
    least = LEAST_ROLE[permission]
    return role is not None and _RANK[Role(role)] >= _RANK[least]


def at_least(role: Role | str, least: Role) -> bool:
    """Return whether `role` is `least` or above it."""
    return _RANK[Role(role)] >= _RANK[least]


def from_role(least: Role | str) -> list[Role]:
    """Return `least` and the roles above it."""
    return list(Role)[_RANK[Role(least)] :]


def up_to_role(most: Role | str) -> list[Role]:
    """Return `most` and the roles below it."""
    return list(Role)[: _RANK[Role(most)] + 1]


def may(actor: Actor, permission: str) -> bool:
    """Return whether `actor` (person or key) has `permission` in the organization they act in."""
    return can(role_in_current(actor), permission)


def rule_of(django_permission: str) -> str | None:
    """Return the permission behind Django's `app.action_model`; None where nobody has it."""
    app, _, codename = django_permission.partition(".")
    action, _, model = codename.partition("_")
    rule = MODEL_RULES.get(f"{app}.{model}")
    found = getattr(rule, action, None) if rule else None
    return found if isinstance(found, str) else None


class RoleBackend(BaseBackend):
    """Answers `user.has_perm(...)` from the tables above, for the user's current organization.

    A no is final: it raises PermissionDenied, which Django takes as no without asking the other
    backends, so that no second list of permissions counts.
    """

    def get_user(self, user_id: int) -> User | None:
        """Return the active user of a session that was opened in this backend's name."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return True where the user's role allows `app.action_model`, or one of our own names.

        Raises:
            PermissionDenied: it does not.
        """
        if user_obj.is_active and user_obj.is_authenticated and _allows(user_obj, perm):
            return True
        raise PermissionDenied

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Return the same for async callers."""
        return await sync_to_async(self.has_perm)(user_obj, perm, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Return True where the user may see any model of the app.

        Raises:
            PermissionDenied: none.
        """
        models = [model for model in MODEL_RULES if model.startswith(f"{app_label}.")]
        views = [f"{app_label}.view_{model.partition('.')[2]}" for model in models]
        if user_obj.is_active and any(_allows(user_obj, view) for view in views):
            return True
        raise PermissionDenied


def _allows(user: Actor, perm: str) -> bool:
    permission = perm if perm in LEAST_ROLE else rule_of(perm)
    return permission is not None and may(user, permission)
