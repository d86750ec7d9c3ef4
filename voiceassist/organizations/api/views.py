"""REST of credentials (never a value) and of the audit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from voiceassist.foundation.api.paging import CursorPagination
from voiceassist.organizations.api.exporting import JsonLines, exported
from voiceassist.organizations.api.filters import AuditFilterSet, CredentialFilterSet
from voiceassist.organizations.api.serializers import (
    AuditEntrySerializer,
    ChangedCredentialSerializer,
    CredentialDetailSerializer,
    CredentialSerializer,
    NewCredentialSerializer,
)
from voiceassist.organizations.current import organization_of_user
from voiceassist.organizations.models import AuditEntry, Credential
from voiceassist.organizations.services import credentials

_HIDE = method_decorator(sensitive_variables())


class ByName(CursorPagination):
    """Credentials as the page lists them."""

    ordering: Any = ("name", "id")


class NewestFirst(CursorPagination):
    """Entries from the end of the chain to its beginning."""

    ordering: Any = ("-sequence", "-id")


class Credentials(generics.ListAPIView[Credential]):
    """The organization's credentials, by name."""

    required_permission: ClassVar = {"GET": "credentials.read", "POST": "credentials.manage"}
    queryset = Credential.unscoped.all()
    serializer_class = CredentialSerializer
    filterset_class = CredentialFilterSet
    pagination_class = ByName

    def get_queryset(self) -> QuerySet[Credential]:
        """Return the rows without what is encrypted."""
        if getattr(self, "swagger_fake_view", False):
            return Credential.unscoped.none()
        return credentials.listed(organization_of_user(self.request.user).pk)

    @extend_schema(operation_id="credentials_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the credentials; nobody gets a value."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="credentials_create",
        request=NewCredentialSerializer,
        responses={201: CredentialDetailSerializer},
    )
    @_HIDE
    def post(self, request: Request) -> Response:
        """Store a new credential."""
        body = NewCredentialSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = credentials.create(
            organization_of_user(request.user), **body.validated_data, by=request.user
        )
        return Response(CredentialDetailSerializer(made).data, status=201)


class OneCredential(generics.GenericAPIView[Credential]):
    """A credential: what it is called, who uses it, when it changed."""

    required_permission: ClassVar = {
        "GET": "credentials.read",
        "PUT": "credentials.manage",
        "PATCH": "credentials.manage",
        "DELETE": "credentials.manage",
    }
    queryset = Credential.unscoped.all()
    serializer_class = CredentialDetailSerializer

    @extend_schema(operation_id="credentials_read")
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show a credential and what uses it, never its value."""
        return Response(CredentialDetailSerializer(self._credential()).data)

    @extend_schema(operation_id="credentials_replace", request=ChangedCredentialSerializer)
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Give it a new value; a description that is left out becomes empty."""
        return self._change(request, {"description": ""}, partial=False)

    @extend_schema(operation_id="credentials_change", request=ChangedCredentialSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change what is named; tools use a new value at once."""
        return self._change(request, {}, partial=True)

    @extend_schema(operation_id="credentials_delete", responses={204: None})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Forget it; 409 while something uses it."""
        credentials.delete(self._credential(), by=request.user)
        return Response(status=204)

    @_HIDE
    def _change(self, request: Request, otherwise: dict[str, str], *, partial: bool) -> Response:
        credential = self._credential()
        body = ChangedCredentialSerializer(
            data=request.data, partial=partial, context={"credential": credential}
        )
        body.is_valid(raise_exception=True)
        given = {**otherwise, **body.validated_data}
        given.pop("name", None)
        credentials.change(credential, **given, by=request.user)
        return Response(CredentialDetailSerializer(credential).data)

    def _credential(self) -> Credential:
        organization = organization_of_user(self.request.user)
        found = credentials.listed(organization.pk).filter(pk=self.kwargs["credential_id"]).first()
        if found is None:
            raise NotFound(f"{organization.name} has no credential with this id.")
        return found


class Audit(generics.ListAPIView[AuditEntry]):
    """Who did what in the organization."""

    required_permission = "audit.read"
    queryset = AuditEntry.unscoped.all()
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilterSet
    pagination_class = NewestFirst
    renderer_classes = (JSONRenderer, JsonLines)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """Return the organization's entries."""
        if getattr(self, "swagger_fake_view", False):
            return AuditEntry.unscoped.none()
        entries: QuerySet[AuditEntry] = AuditEntry.objects.of(
            organization_of_user(self.request.user)
        )
        return entries

    @extend_schema(
        operation_id="audit_list",
        responses={
            (200, JSONRenderer.media_type): AuditEntrySerializer(many=True),
            (200, JsonLines.media_type): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List the entries, newest first; each holds the hash of the one before it.

        `?format=jsonl` gives the whole chain instead, oldest first, one entry per line. The headers
        `X-Audit-Entries` and `X-Audit-Newest` say where it ends: keep them apart from the file.
        """
        if request.accepted_renderer.format == JsonLines.format:
            return exported(request, organization_of_user(request.user))
        return super().get(request, *args, **kwargs)
