"""REST of approvals, grants and reviews; imports their services and serializers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tools_library.approvals import answering, grants, reviews
from tools_library.approvals.filters import ApprovalFilterSet, GrantFilterSet
from tools_library.approvals.serializers import (
    AnswerSerializer,
    ApprovalSerializer,
    GrantSerializer,
    ReviewDecisionSerializer,
    ReviewSerializer,
)
from tools_library.models import Approval, ApprovalGrant, Tool, ToolReview, ToolVersion
from voiceassist.organizations.current import organization_of_user

_YES = OpenApiExample("Approve", {"decision": "approve"}, request_only=True)
_NO = OpenApiExample("Reject", {"decision": "reject", "reason": "Too late."}, request_only=True)
_EDIT = OpenApiExample(
    "Approve with other arguments, for this conversation",
    {"decision": "edit", "arguments": {"order_id": "1042"}, "remember": "conversation"},
    request_only=True,
)


class Approvals(generics.ListAPIView[Approval]):
    """Questions about runs, newest first."""

    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = ApprovalSerializer
    filterset_class = ApprovalFilterSet

    def get_queryset(self) -> QuerySet[Approval]:
        """Return the organization's questions with their runs."""
        if getattr(self, "swagger_fake_view", False):
            return Approval.unscoped.none()
        rows: QuerySet[Approval] = Approval.objects.of(organization_of_user(self.request.user))
        return rows.select_related("execution")

    @extend_schema(operation_id="approvals_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the questions; `?status=pending` those that wait for an answer."""
        return super().get(request, *args, **kwargs)


class OneApproval(generics.GenericAPIView[Approval]):
    """One question."""

    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = ApprovalSerializer

    @extend_schema(operation_id="approvals_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a question and its answer."""
        return Response(ApprovalSerializer(approval_of(self)).data)


class AnswerApproval(generics.GenericAPIView[Approval]):
    """The answer to a question."""

    # Whoever is asked may answer: the service knows whether that is staff or a chat's user.
    required_permission = "approvals.read"
    queryset = Approval.unscoped.all()
    serializer_class = AnswerSerializer

    @extend_schema(
        operation_id="approvals_answer",
        responses={200: ApprovalSerializer},
        examples=[_YES, _NO, _EDIT],
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Decide a question, once; 409 where somebody was first or its time is over."""
        approval = approval_of(self)
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        answered = answering.answer(approval, body.answer(), by=request.user)
        return Response(ApprovalSerializer(answered).data)


class Grants(generics.ListAPIView[ApprovalGrant]):
    """Yeses that hold for later runs, newest first."""

    required_permission = "approvals.read"
    queryset = ApprovalGrant.unscoped.all()
    serializer_class = GrantSerializer
    filterset_class = GrantFilterSet

    def get_queryset(self) -> QuerySet[ApprovalGrant]:
        """Return the organization's grants."""
        if getattr(self, "swagger_fake_view", False):
            return ApprovalGrant.unscoped.none()
        rows: QuerySet[ApprovalGrant] = ApprovalGrant.objects.of(
            organization_of_user(self.request.user)
        )
        return rows

    @extend_schema(operation_id="grants_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the grants; `?active=true` those that hold."""
        return super().get(request, *args, **kwargs)


class OneGrant(generics.GenericAPIView[ApprovalGrant]):
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
        organization = organization_of_user(self.request.user)
        rows = ApprovalGrant.objects.of(organization).filter(pk=self.kwargs["grant_id"])
        found: ApprovalGrant | None = rows.first()
        if found is None:
            raise NotFound(f"{organization.name} has no grant with this id.")
        return found


class ReviewVersion(generics.GenericAPIView[ToolReview]):
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
        body = ReviewDecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if given["configuration_hash"]:
            chosen = [r for r in chosen if r.configuration_hash == given["configuration_hash"]]
            if not chosen:
                raise NotFound("The version has no review of such a configuration.")
        decided = reviews.decide_all(
            chosen, given["decision"], by=request.user, reason=given["reason"]
        )
        return Response(ReviewSerializer(decided, many=True).data)

    def _reviews(self) -> list[ToolReview]:
        organization = organization_of_user(self.request.user)
        tools = Tool.objects.of(organization).filter(pk=self.kwargs["tool_id"])
        version = (
            ToolVersion.objects.of(organization)
            .filter(tool__in=tools, version=self.kwargs["version"])
            .first()
        )
        if version is None:
            raise NotFound(f"{organization.name} has no such version of such a tool.")
        rows = ToolReview.objects.of(organization).filter(version=version)
        return list(rows.select_related("version").order_by("id"))


def approval_of(view: generics.GenericAPIView[Any]) -> Approval:
    """Return the question that the address names.

    Raises:
        NotFound: the organization has none with this id.
    """
    organization = organization_of_user(view.request.user)
    rows = Approval.objects.of(organization).select_related("execution__definition")
    found: Approval | None = rows.filter(pk=view.kwargs["approval_id"]).first()
    if found is None:
        raise NotFound(f"{organization.name} has no approval with this id.")
    return found
