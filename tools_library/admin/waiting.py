"""What assistants use while something waits for a review, told on its pages; imports `in_use`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tools_library.approvals.choices import ReviewStatus
from tools_library.approvals.hashing import configuration_hash
from tools_library.models import AssistantTool, Tool, ToolReview, ToolVersion
from tools_library.services import in_use


class WaitingNote:
    """Mixed into the tool's admin: its page says what is in use where that is not the newest."""

    change_form_before_template = "admin/tools_library/tool/waiting.html"

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:  # fmt: skip
        """Add the review that the newest version waits for, or was rejected in."""
        admin: Any = super()
        tool = self.get_object(request, object_id) if object_id else None  # type: ignore[attr-defined]
        extra = {**(extra_context or {}), **(_standing(tool) if tool is not None else {})}
        page: HttpResponse = admin.changeform_view(request, object_id, form_url, extra)
        return page


def is_own(review: ToolReview) -> bool:
    """Return whether a review is about the tool as it is saved, not as it is configured."""
    own: bool = review.configuration == review.version.configuration
    return own


def in_use_lines(review: ToolReview) -> SafeString:
    """Return the versions in use of those whom a review is about."""
    version = review.version
    if is_own(review):
        used = in_use.usable_of(version.tool)
        return format_html(
            "{}", f"Version {used.version}." if used else "None: no version may run."
        )
    rows = AssistantTool.objects.of(review.organization_id).filter(tool_id=version.tool_id)
    about = [
        row
        for row in rows.select_related("assistant", "pinned_version")
        if configuration_hash(version.configuration, row.custom_configuration)
        == review.configuration_hash
    ]
    lines = ((row.assistant, _version_of(in_use.usable(row))) for row in about)
    told = format_html_join("", "<p>{} uses {}.</p>", lines)
    return told or SafeString("No assistant configures it like this any more.")


def _version_of(used: ToolVersion | None) -> str:
    return f"version {used.version}" if used else "no version: none may run"


def _standing(tool: Tool) -> dict[str, Any]:
    """Return `waits` (the newest version's review) and `used`; nothing where the newest is used."""
    used = in_use.usable_of(tool)
    rows = ToolReview.objects.of(tool.organization_id).filter(version__tool=tool)
    review: ToolReview | None = rows.select_related("version").order_by("-version_id", "id").first()
    if review is None or used == review.version or review.status == ReviewStatus.APPROVED:
        return {}
    return {"waits": review, "used": used}
