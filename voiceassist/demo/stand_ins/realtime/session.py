"""One Realtime session: client events in, server events out through `emit`. Knows no ASGI."""

import time
from collections.abc import Callable
from typing import Any

from voiceassist.demo.stand_ins.behaviour import Behaviour
from voiceassist.demo.stand_ins.realtime import wire
from voiceassist.demo.stand_ins.realtime.config import SessionConfig
from voiceassist.demo.stand_ins.realtime.context import Event, SessionContext
from voiceassist.demo.stand_ins.realtime.conversation import new_id
from voiceassist.demo.stand_ins.realtime.errors import EventRefused
from voiceassist.demo.stand_ins.realtime.listening import Listening
from voiceassist.demo.stand_ins.realtime.rules import Mind
from voiceassist.demo.voice import Voice


class RealtimeSession:
    """`emit(event)` queues a server event; `close(code, reason)` ends the connection."""

    def __init__(
        self,
        model: str,
        behaviour: Behaviour,
        voice: Voice,
        emit: Callable[[Event], None],
        close: Callable[[int, str], None],
    ) -> None:
        self.id = new_id("sess")
        self._close = close
        self._config = SessionConfig(model)
        self._expires_at = int(time.time()) + behaviour.session_limit_s
        self.context = SessionContext(
            emit, self._config, behaviour, voice, Mind(behaviour.scenario)
        )
        self._listening = Listening(self.context)
        self._handlers: dict[str, Callable[[Event], None]] = {
            "session.update": self._update,
            "input_audio_buffer.commit": lambda event: self._listening.commit(),
            "input_audio_buffer.clear": lambda event: self._listening.clear(),
            "output_audio_buffer.clear": self._refuse_output_clear,
            "conversation.item.create": self._create_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    def begin(self) -> None:
        """Greets the client and sets the session's time limit."""
        self.context.emit({"type": "session.created", "session": self._session()})
        behaviour = self.context.behaviour
        self.context.later(behaviour.session_limit_s * 1000, self._limit_reached)
        if behaviour.expire_after_ms:
            self.context.later(behaviour.expire_after_ms, self._expire)

    def handle(self, raw: str) -> Event | None:
        """Takes one text message; answers a wrong one with an `error` event.

        Returns the decoded event, or None when it was not one.
        """
        event: Event | None = None
        try:
            event = wire.decode(raw)
            wire.check(event)
            if event["type"] == wire.APPEND:
                self._listening.append(event["audio"])
            else:
                self._handlers[event["type"]](event)
        except EventRefused as refused:
            self._refuse(refused, event)
        return event

    def refuse_binary(self) -> None:
        """Answers a binary frame."""
        self._refuse(EventRefused("invalid_event", "Binary messages are not supported."), None)

    async def end(self) -> None:
        """The connection is gone."""
        await self.context.end()

    def _refuse(self, refused: EventRefused, event: Event | None) -> None:
        given = event.get("event_id") if event else None
        error = refused.as_error(given if isinstance(given, str) else None)
        self.context.emit({"type": "error", "error": error})

    def _session(self) -> dict[str, Any]:
        return {**self._config.data, "id": self.id, "expires_at": self._expires_at}

    def _limit_reached(self) -> None:
        minutes = self.context.behaviour.session_limit_s // 60
        self._close(1001, f"Your session hit the maximum duration of {minutes} minutes.")

    def _expire(self) -> None:
        message = "Your session has expired. Please start a new one."
        error = EventRefused("session_expired", message).as_error(None)
        self.context.emit({"type": "error", "error": error})
        self._close(1001, message)

    # Client events

    def _update(self, event: Event) -> None:
        self._config.apply(
            event["session"],
            has_spoken=self.context.has_spoken,
            is_speaking=self._listening.responses.active is not None,
        )
        self._listening.configured()
        session = self._session()
        self.context.later(
            self.context.behaviour.session_updated_delay_ms,
            lambda: self.context.emit({"type": "session.updated", "session": session}),
        )

    def _refuse_output_clear(self, event: Event) -> None:
        raise EventRefused(
            "invalid_value",
            "'output_audio_buffer.clear' exists only for WebRTC and SIP connections.",
            "type",
        )

    def _create_item(self, event: Event) -> None:
        item, previous = self.context.conversation.create(
            event["item"], event.get("previous_item_id")
        )
        self._listening.responses.notice(item)
        for kind in ("conversation.item.added", "conversation.item.done"):
            self.context.emit({"type": kind, "previous_item_id": previous, "item": dict(item)})

    def _delete_item(self, event: Event) -> None:
        self.context.conversation.delete(event["item_id"])
        self.context.emit({"type": "conversation.item.deleted", "item_id": event["item_id"]})

    def _retrieve_item(self, event: Event) -> None:
        item = self.context.conversation.find(event["item_id"])
        if item is None:
            raise EventRefused(
                "item_retrieve_invalid_item_id",
                f"Error retrieving item: the item with id '{event['item_id']}' does not exist.",
                "item_id",
            )
        self.context.emit({"type": "conversation.item.retrieved", "item": dict(item)})

    def _truncate_item(self, event: Event) -> None:
        place = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        self.context.conversation.truncate(**place)
        self.context.emit({"type": "conversation.item.truncated", **place})

    def _create_response(self, event: Event) -> None:
        self._listening.responses.request(event.get("response") or {})

    def _cancel_response(self, event: Event) -> None:
        self._listening.responses.cancel("client_cancelled", event.get("response_id"))
