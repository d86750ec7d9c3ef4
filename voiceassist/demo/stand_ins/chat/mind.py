"""The stand-in model's mind for written conversations: what it says and calls next. Pure.

It remembers nothing: all it knows is in the messages.
"""

from typing import Any

from voiceassist.demo import scenario as scenarios
from voiceassist.demo.stand_ins.chat.checks import Order
from voiceassist.demo.stand_ins.chat.clauses import steps
from voiceassist.demo.stand_ins.chat.messages import text_of
from voiceassist.demo.stand_ins.chat.misbehaviour import Reply, without_magic
from voiceassist.demo.stand_ins.chat.reporting import report
from voiceassist.demo.stand_ins.chat.wishes import Call, calls_for, is_wish, words_for

LABEL = "I am a scripted stand-in, with no AI behind me."


def answer_to(order: Order) -> Reply:
    """The next step of a conversation. The first one begins with what this is: no AI."""
    made = _next(order)
    if any(message["role"] == "assistant" for message in order.messages):
        return made
    return Reply(f"{LABEL} {made.text}".strip(), made.calls)


def _next(order: Order) -> Reply:
    turn = _since_the_user(order.messages)
    wish = without_magic(text_of(turn[0])) if turn else ""
    plan = _plan(wish, order)
    # The steps that were made for this wish are those in which tools were called.
    done = [message for message in turn if message.get("tool_calls")]
    calls = plan[len(done)] if len(done) < len(plan) else []
    if order.must_call and not calls and not done:
        name = next(iter(order.tools)) if order.must_call == "*" else order.must_call
        calls = calls_for(f"call {name} {wish}", order.tools)
    if order.one_call:
        calls = calls[:1]
    said = _report(done[-1], turn, plan[len(done) - 1 : len(done)]) if done else ""
    if calls:
        opening = next((call.rule.say for call in calls if call.rule and call.rule.say), "")
        return Reply(f"{said} {opening}".strip(), tuple(calls))
    return Reply(said or _words(wish, order))


def _since_the_user(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = max((at for at, one in enumerate(messages) if one["role"] == "user"), default=-1)
    return messages[last:] if last >= 0 else []


def _plan(wish: str, order: Order) -> list[list[Call]]:
    parts = steps(wish, lambda part: is_wish(part, order.tools))
    found = [[call for one in step for call in calls_for(one, order.tools)] for step in parts]
    return [step for step in found if step]


def _report(asked: dict[str, Any], turn: list[dict[str, Any]], planned: list[list[Call]]) -> str:
    outputs = {str(one["tool_call_id"]): text_of(one) for one in turn if one["role"] == "tool"}
    return report(asked["tool_calls"], outputs, planned[0] if planned else [])


def _words(wish: str, order: Order) -> str:
    lines = scenarios.model_of(scenarios.DEFAULT)
    if not wish.strip():
        return lines.greeting
    said = words_for(wish)
    if said is not None:
        return said or lines.no_tool
    if any(is_wish(part, {}) for step in steps(wish, lambda _: True) for part in step):
        return lines.no_tool
    if order.tools:
        return f"That is not in my script. I can use: {', '.join(list(order.tools)[:8])}."
    return lines.fallbacks[0]
