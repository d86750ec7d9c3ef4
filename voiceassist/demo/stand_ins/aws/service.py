"""Lambda's Invoke and ListFunctions, and STS's AssumeRole, over HTTP as boto3 sends them."""

import asyncio
import json
import re
import secrets
import time
import uuid
from urllib.parse import unquote
from xml.sax.saxutils import escape

from voiceassist.demo.stand_ins.asgi import Answer, Request
from voiceassist.demo.stand_ins.aws import account, refusals, signature
from voiceassist.demo.stand_ins.aws.functions import FUNCTIONS
from voiceassist.demo.stand_ins.aws.refusals import Refused
from voiceassist.demo.stand_ins.aws.sandboxes import Sandboxes
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.controls import Controls

MAX_SYNC = 6 * 1024 * 1024
MAX_EVENT = 1024 * 1024
CONCURRENCY = 100
ROLE_SECONDS = 3_600
_HANG_S = 30
_LISTED_AT_ONCE = 3
_INVOKE = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations")
_NAME = re.compile(
    r"(?:arn:[^:]+:lambda:[^:]+:\d{12}:function:)?(?P<name>[^:]+)(?::(?P<alias>.+))?"
)


class AwsService:
    """One account. `roles_taken` lists the roles that were assumed, oldest first."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self.roles_taken: list[str] = []
        self._keys = dict(account.KEYS)
        self._sandboxes = Sandboxes()
        self._background: set[asyncio.Task[object]] = set()
        self._faulty: tuple[Behaviour | None, int] = (None, 0)

    async def answer(self, request: Request) -> Answer:
        """Answers one signed request."""
        for_sts = request.path == "/"
        try:
            caller = signature.check(request, self._keys)
            if for_sts:
                return self._assume(request, caller)
            found = _INVOKE.fullmatch(request.path)
            if found and request.method == "POST":
                return await self._invoke(unquote(found["name"]), request, caller)
            if request.path.rstrip("/") == "/2015-03-31/functions" and request.method == "GET":
                return _list(request, caller)
            raise Refused(404, "UnknownOperationException", "There is no such operation here.")
        except Refused as refused:
            return refused.as_xml() if for_sts else refused.as_json()

    async def close(self) -> None:
        """Ends running functions."""
        for task in self._background:
            task.cancel()
        await self._sandboxes.close()

    async def _invoke(self, given: str, request: Request, caller: signature.Caller) -> Answer:
        found = _NAME.fullmatch(given)
        name = found["name"] if found else given
        arn = f"arn:aws:lambda:{caller.region}:{account.ACCOUNT_ID}:function:{name}"
        if not caller.key.is_allowed("lambda:InvokeFunction"):
            raise refusals.not_authorized(caller.key.user, "lambda:InvokeFunction", arn)
        if name not in FUNCTIONS:
            raise Refused(404, "ResourceNotFoundException", f"Function not found: {arn}")
        faulty = await self._misbehave()
        if faulty is not None:
            return faulty
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        event = _event(request, MAX_EVENT if kind == "Event" else MAX_SYNC)
        if kind == "DryRun":
            return Answer(204, b"")
        if self._sandboxes.running >= CONCURRENCY:
            raise _throttled()
        if kind == "Event":
            task: asyncio.Task[object] = asyncio.create_task(self._sandboxes.invoke(name, event))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
            return Answer(202, b"", headers=(("x-amzn-requestid", str(uuid.uuid4())),))
        invoked = await self._sandboxes.invoke(name, event)
        headers = [
            ("x-amzn-requestid", str(uuid.uuid4())),
            ("x-amz-executed-version", "$LATEST"),
        ]
        if invoked.error:
            headers.append(("x-amz-function-error", invoked.error))
        if request.headers.get("x-amz-log-type") == "Tail":
            headers.append(("x-amz-log-result", invoked.log_result))
        return Answer(200, invoked.payload, headers=tuple(headers))

    async def _misbehave(self) -> Answer | None:
        behaviour = self._controls.behaviour
        if self._faulty[0] is not behaviour:
            self._faulty = behaviour, behaviour.lambda_faults
        left = self._faulty[1]
        if not left:
            return None
        self._faulty = behaviour, left - 1
        if behaviour.lambda_fault == "throttled":
            raise _throttled()
        if behaviour.lambda_fault == "service_error":
            raise Refused(500, "ServiceException", "An error occurred and the request cannot be "
                          "processed.")  # fmt: skip
        if behaviour.lambda_fault == "hang":
            await asyncio.sleep(_HANG_S)
        return Answer(200, b'{"success": tru\xff\x00')

    def _assume(self, request: Request, caller: signature.Caller) -> Answer:
        form = dict(request.form())
        if form.get("Action") != "AssumeRole":
            raise Refused(400, "InvalidAction", "Only AssumeRole is here.")
        role = form.get("RoleArn", "")
        wanted = account.EXTERNAL_IDS.get(role)
        trusted = wanted is not None and wanted in ("", form.get("ExternalId"))
        if not trusted or not caller.key.is_allowed("sts:AssumeRole"):
            raise refusals.not_authorized(caller.key.user, "sts:AssumeRole", role)
        expires_at = time.time() + ROLE_SECONDS
        key_id = "ASIA" + secrets.token_hex(8).upper()
        user = f"assumed-role/{role.rpartition('/')[2]}/{form.get('RoleSessionName', '')}"
        key = account.Key(secrets.token_hex(20), user, account.EVERYTHING,
                          secrets.token_hex(40), expires_at)  # fmt: skip
        self._keys[key_id] = key
        self.roles_taken.append(role)
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_at))
        body = (
            '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::{account.ACCOUNT_ID}:"
            f"{escape(user)}</Arn><AssumedRoleId>AROADEMO:demo</AssumedRoleId></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{key_id}</AccessKeyId>"
            f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
            f"<SessionToken>{key.token}</SessionToken><Expiration>{expiration}</Expiration>"
            "</Credentials></AssumeRoleResult><ResponseMetadata>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></AssumeRoleResponse>"
        )
        return Answer(200, body.encode(), "text/xml")


def _event(request: Request, limit: int) -> object:
    if len(request.body) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise Refused(413, "RequestTooLargeException", message)
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise Refused(400, "InvalidRequestContentException", message) from None


def _throttled() -> Refused:
    return Refused(429, "TooManyRequestsException", "Rate Exceeded.")


def _list(request: Request, caller: signature.Caller) -> Answer:
    if not caller.key.is_allowed("lambda:ListFunctions"):
        raise refusals.not_authorized(caller.key.user, "lambda:ListFunctions", "*")
    names = sorted(FUNCTIONS)
    first = int(request.query.get("Marker", ["0"])[0])
    last = first + _LISTED_AT_ONCE
    functions = [
        {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:{caller.region}:{account.ACCOUNT_ID}:function:{name}",
            "Runtime": "python3.11",
            "Description": FUNCTIONS[name].description,
            "Timeout": int(FUNCTIONS[name].timeout_s),
            "MemorySize": FUNCTIONS[name].memory_mb,
            "Version": "$LATEST",
        }
        for name in names[first:last]
    ]
    more = {"NextMarker": str(last)} if last < len(names) else {}
    return Answer(200, {"Functions": functions, **more})
