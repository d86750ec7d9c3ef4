"""One table of errors and answers, for the REST routes and for the streaming ones."""

import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.test import RequestFactory
from rest_framework.exceptions import ParseError, Throttled, ValidationError

from voiceassist.conversations.api.doors import door
from voiceassist.conversations.api.identity import NotSignedIn
from voiceassist.conversations.services.errors import Busy, Expired, ThreadTaken, TooFast
from voiceassist.conversations.services.people import Participant
from voiceassist.foundation.api import problems
from voiceassist.foundation.errors import InvalidInput, VoiceAssistError

ANSWERS = [
    (InvalidInput({"a.0": "Write text."}), 400, "invalid", {}),
    (ThreadTaken("t"), 400, "invalid", {}),
    (ValidationError({"a": ["Write text."]}), 400, "invalid", {}),
    (ParseError("This is no JSON."), 400, "invalid", {}),
    (RequestDataTooBig("Too big."), 400, "invalid", {}),
    (NotSignedIn("Sign in."), 401, "not_authenticated",
     {"WWW-Authenticate": 'Bearer realm="voiceassist"'}),
    (PermissionDenied("Not yours."), 403, "permission_denied", {}),
    (Http404("There is none."), 404, "not_found", {}),
    (Busy("Wait."), 409, "busy", {}),
    (VoiceAssistError("No.", code="name_taken"), 409, "name_taken", {}),
    (Expired("It is over."), 410, "expired", {}),
    (TooFast("Slower.", 7), 429, "too_many_requests", {"Retry-After": "7"}),
    (Throttled(3), 429, "throttled", {"Retry-After": "3"}),
    (VoiceAssistError("Later.", retryable=True), 503, "internal", {}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status", "code", "headers"), ANSWERS)
def test_an_error_has_one_answer(error, status, code, headers):
    told = problems.exception_handler(error, {})
    assert told is not None and told.status_code == status
    assert (told.data["status"], told.data["code"]) == (status, code)
    assert told.data["detail"] and bool(told.data.get("errors")) == (code == "invalid")
    assert {name: told[name] for name in problems.HEADERS if name in told} == headers


@pytest.mark.parametrize(("error", "status", "code", "headers"), ANSWERS)
@pytest.mark.parametrize("plain", [False, True])
async def test_streaming_routes_give_the_same_answer(
    monkeypatch, plain, error, status, code, headers
):
    from voiceassist.conversations.api import doors

    async def identified(work, *args):
        return Participant(1, "Somebody")

    async def fails(asked):
        raise error

    monkeypatch.setattr(doors.threads, "run", identified)
    view = door(plain_errors=plain, GET=("conversations.read", fails))
    answer = await view(RequestFactory().get("/"))
    told, same = json.loads(answer.content), problems.exception_handler(error, {})
    wanted = 422 if plain and status == 400 else status
    assert (answer.status_code, told["status"], told["code"]) == (wanted, wanted, code)
    assert told["detail"] == same.data["detail"] and told.get("errors") == same.data.get("errors")
    assert {name: answer[name] for name in headers} == headers
    assert bool(told.get("error")) == plain
    assert answer["Content-Type"] == problems.CONTENT_TYPE


def test_what_nobody_outside_can_mend_stays_an_exception():
    assert problems.exception_handler(ValueError("a bug"), {}) is None
