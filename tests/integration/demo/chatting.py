"""A client of the chat stand-in: the vendor's own SDK, and plain requests where it would object."""

from typing import Any

import httpx2
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

TEXT = {"type": "string"}


def function(name: str, required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """A tool as Chat Completions has it."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": schema}}


LOOK_UP = function("lookup_order", ("order_id",), order_id=TEXT)


def client(stand_ins, key: str = "sk-test") -> AsyncOpenAI:
    """The SDK's client, which does not try again."""
    return AsyncOpenAI(api_key=key, base_url=f"{stand_ins.url}/v1", max_retries=0)


def said(text: str) -> list[dict[str, Any]]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


async def chunks(stand_ins, text: str, tools=(LOOK_UP,), **more: Any) -> list[ChatCompletionChunk]:
    """The chunks of a streamed answer, checked against the vendor's types."""
    async with client(stand_ins) as openai:
        stream = await openai.chat.completions.create(
            model="gpt-5-mini", messages=said(text), tools=list(tools), stream=True, **more
        )
        return [ChatCompletionChunk.model_validate(chunk.model_dump()) async for chunk in stream]


async def post(stand_ins, path: str, body: Any, **headers: str) -> httpx2.Response:
    """An answer to any body at all."""
    async with httpx2.AsyncClient(base_url=stand_ins.url, timeout=60) as http:
        given = {"authorization": "Bearer sk-test", **headers}
        return await http.post(path, json=body, headers=given)
