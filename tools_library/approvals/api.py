"""REST of approvals, grants and reviews; imports their services and serializers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.api.reading import View
from tools_library.approvals import answering, grants, reviews, sending
from tools_library.approvals.answering import Answer
from tools_library.approvals.filters import ApprovalFilterSet, GrantFilterSet
from tools_library.approvals.serializers import (
    AnswerSerializer,
    ApprovalSerializer,
    GrantSerializer,
    OneApprovalSerializer,
    ReviewDecisionSerializer,
    ReviewSerializer,
    SendSerializer,
)
from tools_library.models import Approval, ApprovalGrant, Tool, ToolReview, ToolVersion
from voiceassist.organizations.models import Organization

_YES = OpenApiExample("Approve", {"decision": "approve"}, request_only=True)
_NO = OpenApiExample("Reject", {"decision": "reject", "reason": "Too late."}, request_only=True)
_EDIT = OpenApiExample(
    "Approve with other arguments, for this conversation",
    {"decision": "edit", "arguments": {"order_id": "1042"}, "remember": "conversation"},
    request_only=True,
)


class Approvals(View, generics.ListAPIView[Approval]):
    """Questions about runs, newest first."""

    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = ApprovalSerializer
    filterset_class = ApprovalFilterSet

    def get_queryset(self) -> QuerySet[Approval]:
        """Return the organization's questions with their runs."""
        return Approval.unscoped.none() if self.describes else approvals_of(self.organization)

    @extend_schema(operation_id="approvals_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the questions; `?mine=true` those that wait for whoever asks, an inbox."""
        return super().get(request, *args, **kwargs)


class OneApproval(View):
    """One question."""

    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = OneApprovalSerializer

    @extend_schema(operation_id="approvals_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a question, its answer, and what the audit says of both."""
        approval = self.one(approvals_of(self.organization), "approval_id", "approval")
        return Response(OneApprovalSerializer(approval).data)


class AnswerApproval(View):
    """The answer to a question."""

    # Whoever is asked may answer: the service knows whether that is staff or a chat's user.
    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = AnswerSerializer

    @extend_schema(
        operation_id="approvals_answer",
        responses={200: OneApprovalSerializer},
        examples=[_YES, _NO, _EDIT],
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Decide a question, once; 409 where somebody was first or its time is over.

        Also 409, `rate_limited`: a yes would go beyond a limit; the question stays open.
        """
        rows = approvals_of(self.organization).select_related("execution__definition")
        approval = self.one(rows, "approval_id", "approval")
        answered = answering.answer(approval, Answer(**self.body()), by=request.user)
        return Response(OneApprovalSerializer(answered).data)


class SendApproval(View):
    """The way of a question to somebody else of staff."""

    required_permission = "approvals.answer"
    queryset = Approval.unscoped.all()
    serializer_class = SendSerializer

    @extend_schema(operation_id="approvals_send", responses={200: OneApprovalSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put a question into the inbox of a role or a person, and tell them by mail.

        From then on only a yes of theirs counts, or an admin's; 409 where it is over.
        """
        approval = self.one(approvals_of(self.organization), "approval_id", "approval")
        sent = sending.send(approval, **self.body(), by=request.user)
        return Response(OneApprovalSerializer(sent).data)


class Grants(View, generics.ListAPIView[ApprovalGrant]):
    """Yeses that hold for later runs, newest first."""

    required_permission = "approvals.read"
    queryset = ApprovalGrant.unscoped.all()
    serializer_class = GrantSerializer
    filterset_class = GrantFilterSet

    def get_queryset(self) -> QuerySet[ApprovalGrant]:
        """Return the organization's grants."""
        return ApprovalGrant.unscoped.none() if self.describes else grants_of(self.organization)

    @extend_schema(operation_id="grants_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the grants; `?active=true` those that hold."""
        return super().get(request, *args, **kwargs)


class OneGrant(View):
    """One grant."""

    required_permission: ClassVar = {"GET": "approvals.read", "DELETE": "grants.manage"}
    queryset = ApprovalGrant.unscoped.all()
    serializer_class = GrantSerializer

    @extend_schema(operation_id="grants_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a grant."""
        return Response(GrantSerializer(self._grant()).data)

    @extend_schema(operation_id="grants_revoke", responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Take the yes back: the next run is asked about again. The row stays for the record."""
        grants.revoke(self._grant(), request.user)
        return Response(status=204)

    def _grant(self) -> ApprovalGrant:
        return self.one(grants_of(self.organization), "grant_id", "grant")


class ReviewVersion(View):
    """The reviews of a tool's version: as it is, and as assistants configure it."""

    required_permission: ClassVar = {"GET": "tools.read", "POST": "tools.approve"}
    queryset = ToolReview.unscoped.all()
    serializer_class = ReviewDecisionSerializer
    pagination_class = None

    @extend_schema(operation_id="tool_version_reviews", responses=ReviewSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """List the reviews of the version."""
        return Response(ReviewSerializer(self._reviews(), many=True).data)

    @extend_schema(operation_id="tool_version_review", responses=ReviewSerializer(many=True))
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Approve or reject the version, in all the ways it is configured unless one is named."""
        chosen = self._reviews()
        given = self.body()
        if given["configuration_hash"]:
            chosen = [r for r in chosen if r.configuration_hash == given["configuration_hash"]]
            if not chosen:
                raise NotFound("The version has no review of such a configuration.")
        decided = reviews.decide_all(
            chosen, given["decision"], by=request.user, reason=given["reason"]
        )
        return Response(ReviewSerializer(decided, many=True).data)

    def _reviews(self) -> list[ToolReview]:
        tools = Tool.objects.of(self.organization).filter(pk=self.kwargs["tool_id"])
        version = (
            ToolVersion.objects.of(self.organization)
            .filter(tool__in=tools, version=self.kwargs["version"])
            .first()
        )
        if version is None:
            raise NotFound(f"{self.organization.name} has no such version of such a tool.")
        rows = ToolReview.objects.of(self.organization).filter(version=version)
        return list(rows.select_related("version").order_by("id"))


def approvals_of(organization: Organization) -> QuerySet[Approval]:
    """Return an organization's questions with their runs."""
    rows: QuerySet[Approval] = Approval.objects.of(organization).select_related(
        "execution", "sent_to"
    )
    return rows


def grants_of(organization: Organization) -> QuerySet[ApprovalGrant]:
    """Return an organization's grants."""
    rows: QuerySet[ApprovalGrant] = ApprovalGrant.objects.of(organization)
    return rows
