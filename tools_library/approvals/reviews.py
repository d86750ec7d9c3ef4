"""Reviews of versions: who must look before a tool is used, and the one check that honours it.

Imports models, the organization's rule and the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tools_library.approvals.choices import Decision, ReviewStatus
from tools_library.approvals.errors import NotReviewed
from tools_library.approvals.hashing import configuration_hash
from tools_library.approvals.people import answerable, may, name_of
from tools_library.engine.cleaning import clean_text
from tools_library.engine.merging import merge
from tools_library.models import AssistantTool, ToolReview, ToolVersion
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.events.storing import hold_order
from voiceassist.foundation.prepared import PreparedQuery
from voiceassist.organizations.current import Actor
from voiceassist.organizations.models import Membership, Organization, Role
from voiceassist.organizations.roles import can
from voiceassist.organizations.services import audit

APPROVE = "tools.approve"
OFF, SECOND = "off", "second"
PLATFORM = "The platform"
_REASON_MAX = 1_000

Reviewed = tuple[int, str]
"""The id of a version and the hash of its configuration, as `hashing` makes it."""


def check(version: ToolVersion, custom_configuration: Mapping[str, Any]) -> None:
    """Let a version, as an assistant configures it, be used.

    Raises:
        NotReviewed: it waits for a review, or was rejected.
    """
    check_parts(
        version.organization_id, version.pk, version.configuration, custom_configuration,
        name=f"{version.name} {version.version}",
    )  # fmt: skip


def check_parts(
    organization_id: int,
    version_id: int,
    configuration: Mapping[str, Any],
    custom: Mapping[str, Any],
    *,
    name: str,
) -> None:
    """The same for whoever has no row at hand; one query where it was approved.

    Raises:
        NotReviewed: it waits for a review, or was rejected.
    """
    status = _status(organization_id, version_id, configuration_hash(configuration, custom))
    if status == ReviewStatus.APPROVED:
        return
    if status == ReviewStatus.REJECTED:
        raise NotReviewed(f"The tool {name} was rejected in its review. Do not try it again.")
    if _rule(organization_id) != OFF:
        raise NotReviewed(
            f"The tool {name} waits for a review and cannot be used yet. Tell the person that "
            "this is not available now."
        )


def is_approved(version: ToolVersion, custom_configuration: Mapping[str, Any]) -> bool:
    """Return whether `check` lets it pass."""
    try:
        check(version, custom_configuration)
    except NotReviewed:
        return False
    return True


def usable(organization_id: int, asked: Collection[Reviewed]) -> set[Reviewed]:
    """Return those that `check` lets pass, of any number; two queries at most."""
    rows = _of_versions(organization_id, {pk for pk, _ in asked})
    found = {(pk, hashed): status for pk, hashed, status in rows}
    passing = {one for one in asked if found.get(one) == ReviewStatus.APPROVED}
    open_ones = {one for one in asked if found.get(one) != ReviewStatus.REJECTED} - passing
    return passing | open_ones if open_ones and _rule(organization_id) == OFF else passing


def saved(version: ToolVersion, by: Actor | None) -> ToolReview:
    """Open the reviews of a version that was just saved, for every way it is configured.

    They are approved at once where nobody else needs to look; inside the saving transaction.

    Args:
        by: who saved it; None: the platform itself, such as the demo's seed.
    """
    assigned = AssistantTool.objects.of(version.organization_id).filter(
        tool_id=version.tool_id, pinned_version=None
    )
    own = _open(version, {}, by)
    for custom in assigned.exclude(custom_configuration={}).values_list(
        "custom_configuration", flat=True
    ):
        _open(version, custom, by)
    return own


def configured(row: AssistantTool, by: Actor | None) -> ToolReview | None:
    """Open the review of what an assistant makes of a tool; where it had one, that stays.

    Args:
        by: who configured it; None: the platform itself.
    """
    version = row.pinned_version
    if version is None:
        versions = ToolVersion.objects.of(row.organization_id)
        version = versions.filter(tool_id=row.tool_id).order_by("-id").first()
    return None if version is None else _open(version, row.custom_configuration, by)


def decide(review: ToolReview, decision: str, *, by: Actor | None, reason: str = "") -> ToolReview:
    """Approve or reject a version; a later decision replaces the one before.

    Raises:
        InvalidInput: no such decision.
        PermissionDenied: they may not, or another person must.
    """
    if decision not in (Decision.APPROVE, Decision.REJECT):
        raise InvalidInput({"decision": "Write approve or reject."})
    if len(reason) > _REASON_MAX:
        raise InvalidInput({"reason": f"Write at most {_REASON_MAX} characters."})
    if not may(by, review.organization_id, APPROVE):
        raise PermissionDenied("This needs the role admin or above.")
    if decision == Decision.APPROVE:
        _four_eyes(review, by)
    with transaction.atomic():
        hold_order(review.organization_id)
        approves = decision == Decision.APPROVE
        review.status = ReviewStatus.APPROVED if approves else ReviewStatus.REJECTED
        _decided(review, by, clean_text(reason))
        review.save()
        _record(review, "approved" if approves else "rejected", by, {"reason": review.reason})
    return review


@transaction.atomic
def decide_all(
    found: Iterable[ToolReview], decision: str, *, by: Actor | None, reason: str = ""
) -> list[ToolReview]:
    """Decide several reviews, or none where one of them is refused; see `decide`."""
    return [decide(review, decision, by=by, reason=reason) for review in found]


def needs_another(organization_id: int, by: Actor | None) -> bool:
    """Return whether what this person or program saves must be approved by somebody else."""
    rule = _rule(organization_id)
    if by is None or rule == OFF:
        return False
    if not may(by, organization_id, APPROVE):
        return True
    return rule == SECOND and _others(organization_id, by)


def _four_eyes(review: ToolReview, by: Actor | None) -> None:
    """Let nobody approve what they saved, be it once by a key of theirs and once signed in.

    Raises:
        PermissionDenied: another person must.
    """
    if not needs_another(review.organization_id, by):
        return
    person = answerable(by)
    if person is None:
        raise PermissionDenied(
            "Nobody is known to have made this key, and in this organization two different people "
            "must look at a version. Let an admin approve it signed in, or by a key of their own."
        )
    saver = review.asked_by_id
    if person.pk == saver or (saver is None and name_of(by) == review.asked_by_name):
        raise PermissionDenied(
            "You saved this version yourself; in this organization another admin must approve it."
        )


def _open(version: ToolVersion, custom: Mapping[str, Any], by: Actor | None) -> ToolReview:
    configuration = merge(version.configuration, custom)
    review, made = ToolReview.unscoped.get_or_create(
        version=version,
        configuration_hash=configuration_hash(version.configuration, custom),
        defaults={
            "organization_id": version.organization_id,
            "configuration": configuration,
            "asked_by": answerable(by),
            "asked_by_name": name_of(by) or PLATFORM,
        },
    )
    if not made:
        return review
    if needs_another(version.organization_id, by):
        _record(review, "review_asked", by, {})
        return review
    review.status = ReviewStatus.APPROVED
    _decided(review, by, _why_at_once(version.organization_id, by))
    review.save()
    if by is not None:
        _record(review, "approved", by, {"own": True, "reason": review.reason})
    return review


def _why_at_once(organization_id: int, by: Actor | None) -> str:
    if by is None:
        return "Made by the platform."
    rule = _rule(organization_id)
    if rule == OFF:
        return "The organization reviews no tools."
    if rule == SECOND:
        return "Their own: there is nobody else who may approve."
    return "Saved by somebody who may approve."


def _decided(review: ToolReview, by: Actor | None, reason: str) -> None:
    review.decided_at = timezone.now()
    review.decided_by = answerable(by)
    review.decided_by_name = name_of(by) or PLATFORM
    review.reason = reason


def _status(organization_id: int, version_id: int, hashed: str) -> str | None:
    found = _REVIEW.first(organization_id, version_id, hashed)
    return None if found is None else found[0]


def _rule(organization_id: int) -> str:
    rule = Organization.objects.filter(pk=organization_id).values_list("tool_review", flat=True)
    return str(rule.first())


def _others(organization_id: int, by: Actor) -> bool:
    """Return whether another person may approve here."""
    roles = [role for role in Role.values if can(role, APPROVE)]
    people = Membership.objects.of(organization_id).filter(role__in=roles, user__is_active=True)
    person = answerable(by)
    return people.exclude(user=person).exists() if person else people.exists()


def _record(review: ToolReview, what: str, by: Actor | None, more: dict[str, Any]) -> None:
    audit.record(
        review.organization_id,
        f"tool_version.{what}",
        by=by,
        kind="tool_version",
        object_id=review.version_id,
        name=str(review.version),
        data={"review": review.pk, "configuration_hash": review.configuration_hash, **more},
    )


def _of_versions(organization_id: int, versions: Collection[int]) -> Sequence[Sequence[Any]]:
    """Return version, hash and status of each review of these versions, in one query."""
    if 0 < len(versions) <= _FEW:
        given = [*versions, *[next(iter(versions))] * (_FEW - len(versions))]
        return _OF_FEW.all(organization_id, *given)
    rows = ToolReview.objects.of(organization_id).filter(version__in=versions)
    return list(rows.values_list("version_id", "configuration_hash", "status"))


_FEW = 12
"""Tools that most assistants have no more of: the query for them is put together once."""

_OF_FEW = PreparedQuery(
    ToolReview,
    ["organization", *["version"] * _FEW],
    lambda organization, *versions: (
        ToolReview.unscoped.filter(
            reduce(or_, (Q(version=version) for version in versions)), organization=organization
        )
        .order_by()
        .values_list("version_id", "configuration_hash", "status")
    ),
)

_REVIEW = PreparedQuery(
    ToolReview,
    ["organization", "version", "configuration_hash"],
    lambda organization, version, hashed: (
        ToolReview.objects.of(organization)
        .filter(version=version, configuration_hash=hashed)
        .values_list("status")
    ),
)
