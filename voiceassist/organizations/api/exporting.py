"""The audit as a file over HTTP; imports the audit's services."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Organization
from voiceassist.organizations.services import audit, audit_file


class JsonLines(JSONRenderer):
    """Stands for the file in what a client asks for; the errors on the way are JSON."""

    media_type = "application/jsonl"
    format = "jsonl"


def exported(request: Request, organization: Organization) -> StreamingHttpResponse:
    """Return an organization's audit as a file, however long it is.

    Raises:
        InvalidInput: it was narrowed, and a chain with gaps proves nothing.
    """
    narrowed = [name for name in request.query_params if name != "format"]
    if narrowed:
        raise InvalidInput(dict.fromkeys(narrowed, "An export is the whole chain; leave this out."))
    end = audit.end(organization.pk)
    lines = audit_file.stream(organization.pk, end.entries)
    response = StreamingHttpResponse(lines, content_type=JsonLines.media_type)
    response["Content-Disposition"] = f'attachment; filename="audit-{organization.slug}.jsonl"'
    response["Cache-Control"] = "no-store"
    response["X-Audit-Entries"] = str(end.entries)
    response["X-Audit-Newest"] = end.newest_hash
    return response
