"""The routes of the chat stand-in: completions, models, embeddings (ASGI)."""

import asyncio
import contextlib
import time
from typing import Any

from voiceassist.demo.stand_ins.asgi import Answer, Receive, Request, Scope, Send, reply
from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.chat import embeddings, misbehaviour
from voiceassist.demo.stand_ins.chat.checks import EMBEDDING_MODELS, MODELS, Order, check, check_key
from voiceassist.demo.stand_ins.chat.chunks import Completion
from voiceassist.demo.stand_ins.chat.errors import Refused
from voiceassist.demo.stand_ins.chat.log import RequestLog
from voiceassist.demo.stand_ins.chat.messages import text_of
from voiceassist.demo.stand_ins.chat.mind import answer_to
from voiceassist.demo.stand_ins.chat.pacing import Stream
from voiceassist.demo.stand_ins.controls import Controls

_SINCE = int(time.time())


class ChatService:
    """Chat Completions and what belongs to them, below `/v1/`."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._faulty: tuple[Behaviour | None, int] = (None, 0)

    async def serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, as a stream where that is asked for."""
        try:
            check_key(request.headers.get("authorization", ""))
            if request.path == "/v1/chat/completions" and request.method == "POST":
                await self._complete(request, scope, receive, send)
                return
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer()
        await reply(send, answer)

    def _answer(self, request: Request) -> Answer:
        path, method = request.path.rstrip("/"), request.method
        if path == "/v1/models" and method == "GET":
            return Answer(200, {"object": "list", "data": list(map(_model, _models()))})
        if path.startswith("/v1/models/") and method == "GET":
            name = path.removeprefix("/v1/models/")
            if name in _models():
                return Answer(200, _model(name))
            raise Refused(
                f"The model '{name}' does not exist",
                status=404,
                param="model",
                code="model_not_found",
            )
        if path == "/v1/embeddings" and method == "POST":
            return Answer(200, embeddings.answer(request.json()))
        known = ("/v1/models", "/v1/embeddings", "/v1/chat/completions")
        raise Refused(
            f"Invalid URL ({method} {request.path})", status=405 if path in known else 404
        )

    async def _complete(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        key = request.headers.get("idempotency-key", "")
        log = self._controls.chat_journal.open(key, request.json())
        try:
            order = check(log.body)
            log.tools = list(order.tools)
            log.fault = self._fault(order, key)
            behaviour = self._controls.behaviour
            refused = misbehaviour.refusal(log.fault, behaviour.chat_retry_after_s)
            if refused is not None:
                raise refused
        except Refused as refused:
            log.status, log.outcome = refused.status, "refused"
            raise
        completion = _completion(order, log)
        log.status = 200
        if not order.streams:
            await reply(send, Answer(200, completion.whole()))
            log.outcome = "completed"
            return
        stream = Stream(completion, behaviour, log, send, scope.get("extensions", {}))
        await _until_gone(stream, receive, log)

    def _fault(self, order: Order, key: str) -> str:
        """The fault of this request: what its message asks for, else what is in force."""
        said = [text_of(one) for one in order.messages if one["role"] == "user"]
        magic = misbehaviour.magic_in(said[-1]) if said else None
        if magic is not None:
            again = self._controls.chat_journal.attempts(key) > magic.times > 0
            return "" if again else magic.fault
        behaviour = self._controls.behaviour
        if self._faulty[0] is not behaviour:
            self._faulty = behaviour, behaviour.chat_faults
        left = self._faulty[1]
        if not left:
            return ""
        self._faulty = behaviour, left - 1
        return behaviour.chat_fault


def _completion(order: Order, log: RequestLog) -> Completion:
    made = misbehaviour.distort(answer_to(order), log.fault, order)
    completion = Completion(order, made)
    log.finish_reason = completion.finish_reason
    log.calls = [call.name for call in made.calls]
    return completion


async def _until_gone(stream: Stream, receive: Receive, log: RequestLog) -> None:
    """Streams until the end, or until the client goes."""
    streaming = asyncio.create_task(stream.run())
    leaving = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({streaming, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        streaming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await streaming
        if log.outcome == "open":
            log.outcome = "client_gone"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _models() -> tuple[str, ...]:
    return (*MODELS, *EMBEDDING_MODELS)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": "stand-in (no AI)"}
