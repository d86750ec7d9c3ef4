"""Conversations for the chat stand-in's mind, and the demo's tools as it gets them."""

from voiceassist.demo import tools as demo
from voiceassist.demo.stand_ins.chat.checks import check
from voiceassist.demo.stand_ins.chat.mind import answer_to

TEXT = {"type": "string"}


def schema(*required, **properties):
    """An object's schema."""
    return {"type": "object", "properties": properties, "required": list(required)}


CHAT = {
    "show_emoji": schema(
        "emoji", emoji=TEXT, size={**TEXT, "enum": ["small", "medium", "large"]}, message=TEXT
    ),
    "show_notification": schema(
        "message", message=TEXT, type={**TEXT, "enum": ["info", "warning", "error"]}
    ),
    "confirm_action": schema("question", question=TEXT, options={"type": "array", "items": TEXT}),
    "get_user_input": schema(
        "prompt", prompt=TEXT, type={**TEXT, "enum": ["text", "number", "email"]}
    ),
    "copy_to_clipboard": schema("text", text=TEXT),
    "send_email": schema("to", "subject", "body", to=TEXT, subject=TEXT, body=TEXT),
    "search_knowledge_base": schema("query", query=TEXT, category=TEXT),
    "refund_order": schema(
        "order_id", "amount", order_id=TEXT, amount={"type": "number", "minimum": 0}
    ),
    "endCall": schema(),
}
DEMO = {tool.name: tool.definition()["function"]["parameters"] for tool in demo.TOOLS}
ALL = CHAT | DEMO


def body(messages, tools=ALL, **more):
    """A request."""
    given = [
        {"type": "function", "function": {"name": name, "parameters": parameters}}
        for name, parameters in tools.items()
    ]
    found = {"model": "gpt-5-mini", "messages": messages, **more}
    return found | ({"tools": given} if given else {})


def user(text):
    """A person's message."""
    return {"role": "user", "content": text}


def asked(*calls, content=None):
    """A message of the assistant with calls: `(name, JSON arguments)`."""
    made = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": content, "tool_calls": made}


def answered(*results):
    """The results of the last calls, in order."""
    return [
        {"role": "tool", "tool_call_id": f"c{at}", "content": result}
        for at, result in enumerate(results)
    ]


def reply(text, tools=ALL, **more):
    """What the mind answers to one message."""
    return answer_to(check(body([user(text)], tools, **more)))


def reply_to(*messages, tools=ALL):
    """What the mind answers to a conversation."""
    return answer_to(check(body(list(messages), tools)))
