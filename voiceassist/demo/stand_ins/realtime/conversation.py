"""The items of one Realtime conversation and what may be done with them. Pure."""

import uuid
from typing import Any

from voiceassist.demo.stand_ins.realtime.errors import EventRefused

Item = dict[str, Any]


def new_id(prefix: str) -> str:
    """An id as the service makes them, e.g. `item_…`."""
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


class Conversation:
    """Items in order; knows how much audio each assistant item has."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.audio_ms: dict[str, int] = {}

    def find(self, item_id: str) -> Item | None:
        """The item with this id."""
        return next((item for item in self.items if item["id"] == item_id), None)

    def last_id(self) -> str | None:
        """Id of the last item, or None at the start."""
        return self.items[-1]["id"] if self.items else None

    def before(self, item_id: str) -> str | None:
        """Id of the item before this one."""
        previous = None
        for item in self.items:
            if item["id"] == item_id:
                return previous
            previous = item["id"]
        return None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Appends an item (or puts it after another, or first for `root`).

        Returns the id of the item before it. Raises: EventRefused: `after` is unknown.
        """
        if after is None:
            self.items.append(item)
        elif after == "root":
            self.items.insert(0, item)
        else:
            found = self.find(after)
            if found is None:
                raise EventRefused(
                    "invalid_value",
                    f"Previous item with id '{after}' does not exist.",
                    "previous_item_id",
                )
            self.items.insert(self.items.index(found) + 1, item)
        return self.before(item["id"])

    def create(self, given: Item, after: str | None) -> tuple[Item, str | None]:
        """Adds a client's item; returns it completed, and the id before it.

        Raises: EventRefused: an id used twice, or an output for an unknown call.
        """
        item = {
            "id": given.get("id") or new_id("item"),
            "object": "realtime.item",
            "status": "completed",
            **{key: value for key, value in given.items() if key != "id"},
        }
        if self.find(item["id"]) is not None:
            raise EventRefused(
                "invalid_value", f"An item with id '{item['id']}' exists already.", "item.id"
            )
        self._check_call(item)
        if item["type"] == "message":
            _check_content(item)
        return item, self.add(item, after)

    def _check_call(self, item: Item) -> None:
        if item["type"] == "function_call":
            item.setdefault("call_id", new_id("call"))
        if item["type"] != "function_call_output":
            return
        call_id = item["call_id"]
        known = any(
            other["type"] == "function_call" and other["call_id"] == call_id for other in self.items
        )
        if not known:
            raise EventRefused(
                "invalid_tool_call_id",
                f"Tool call ID '{call_id}' not found in conversation.",
                "item.call_id",
            )

    def delete(self, item_id: str) -> None:
        """Removes an item. Raises: EventRefused: unknown."""
        found = self.find(item_id)
        if found is None:
            raise EventRefused(
                "item_delete_invalid_item_id",
                f"Error deleting item: the item with id '{item_id}' does not exist.",
                "item_id",
            )
        self.items.remove(found)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Shortens an assistant's spoken item and drops its transcript, as the service does.

        Raises: EventRefused: unknown, not spoken by the assistant, or a wrong position.
        """
        item = self.find(item_id)
        if item is None or item.get("role") != "assistant":
            what = "does not exist" if item is None else "is not an assistant message"
            raise EventRefused(
                "item_truncate_invalid_item_id",
                f"Error truncating item: the item with id '{item_id}' {what}.",
                "item_id",
            )
        if not 0 <= content_index < len(item["content"]) or item_id not in self.audio_ms:
            raise EventRefused(
                "invalid_value", "There is no audio content at this index.", "content_index"
            )
        total = self.audio_ms[item_id]
        if audio_end_ms <= 0:
            raise EventRefused(
                "invalid_value", "'audio_end_ms' must be greater than 0.", "audio_end_ms"
            )
        if audio_end_ms > total:
            raise EventRefused(
                "invalid_value",
                f"Audio content of {total}ms is already shorter than {audio_end_ms}ms",
                "audio_end_ms",
            )
        self.audio_ms[item_id] = audio_end_ms
        # A new list: events that were sent with the old one keep their words.
        parts = [dict(part) for part in item["content"]]
        parts[content_index].pop("transcript", None)
        item["content"] = parts

    def call_name(self, call_id: str) -> str:
        """The function that a call id was about."""
        for item in self.items:
            if item["type"] == "function_call" and item["call_id"] == call_id:
                return str(item["name"])
        return ""


_CONTENT_TYPES = {
    "user": ("input_text", "input_audio", "input_image"),
    "system": ("input_text",),
    "assistant": ("output_text", "output_audio"),
}


def _check_content(item: Item) -> None:
    allowed = _CONTENT_TYPES[item["role"]]
    for index, part in enumerate(item["content"]):
        if part.get("type") not in allowed:
            raise EventRefused(
                "invalid_value",
                f"Invalid value: {part.get('type')!r}. Supported values are: "
                + ", ".join(repr(name) for name in allowed)
                + ".",
                f"item.content[{index}].type",
            )


def text_of(item: Item) -> str:
    """The written words of a message item."""
    parts = [part.get("text") or part.get("transcript") or "" for part in item.get("content", [])]
    return " ".join(part for part in parts if part)
