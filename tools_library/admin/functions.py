"""The list of AWS functions that the tool's form offers, on demand; imports their service."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse

from tools_library.admin import kinds
from tools_library.admin.part import write
from tools_library.admin.trying import too_often
from tools_library.services import lambda_functions
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

_ASKED_WITH = ("aws_region", "credentials")


def answer(request: HttpRequest, organization: Any) -> JsonResponse:
    """Return the functions that the form's region and credentials see, or why there are none.

    Raises:
        PermissionDenied: the person may not write tools.
    """
    if not request.user.has_perm("tools.write"):
        raise PermissionDenied("Listing functions needs the role builder or above.")
    problem = too_often(request)
    if problem:
        return JsonResponse({"problem": problem}, status=429)
    try:
        found = lambda_functions.of(organization, _configuration(request), by=request.user)
    except VoiceAssistError as error:
        return JsonResponse({"problem": _told(error)}, status=400)
    except ValidationError as error:
        return JsonResponse({"problem": " ".join(error.messages)}, status=400)
    return JsonResponse(
        {"functions": [{"name": each.name, "about": each.description} for each in found]}
    )


def _told(error: VoiceAssistError) -> str:
    """Return an error as one line, with the label of each field that it is about."""
    if not isinstance(error, InvalidInput):
        return error.public_message
    labels = {part.path: part.field.label for part in kinds.FUNCTION}
    told = {path.removeprefix("configuration."): text for path, text in error.errors.items()}
    return " ".join(f"{labels.get(path) or 'AWS keys'}: {text}" for path, text in told.items())


def _configuration(request: HttpRequest) -> dict[str, Any]:
    """Return what the form says of region and credentials."""
    parts = [part for part in kinds.FUNCTION if part.path.partition(".")[0] in _ASKED_WITH]
    given = {part.name: part.field.clean(request.POST.get(part.name, "")) for part in parts}
    counting = [part for part in parts if part.belongs(kinds.LAMBDA, given)]
    return write(counting, given, {}, {})
