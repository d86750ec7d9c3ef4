"""The fields of a tool's behaviour: limits, approval, what is said; imports the behaviour."""

from __future__ import annotations

from tools_library.admin.fields import (
    LinesField,
    PhrasesField,
    PrettyJSONField,
    choice,
    number,
    switch,
)
from tools_library.admin.part import Part
from tools_library.behaviour import Behaviour, DelayedMessage

_DEFAULT = Behaviour()
AFTER_MS = DelayedMessage.model_fields["after_ms"].default

FIXED = (
    Part("fixed_parameters", "fixed_parameters", PrettyJSONField(
        label="Fixed arguments", rows=3,
        help_text="JSON object of arguments that the model neither sees nor changes. Names of the "
        "platform work, such as ${phone_number}; credentials stand in what it runs.",
    )),
)  # fmt: skip

TOLD = (
    Part("visible_fields", "visible_fields", LinesField(
        label="What the model may see", rows=2,
        help_text="Of the answer's data: one name per line, with dots for what lies inside. "
        "Empty: all of it.",
    )),
    Part("answer_max_bytes", "answer_max_bytes", number(
        "Longest answer, bytes", "What is longer is cut for the model. 200 to 64000.",
    ), _DEFAULT.answer_max_bytes),
    Part("error_exposure", "error_exposure", choice("When it fails, the model is told", (
        ("auto", "The tool's answer, else one sentence"), ("summarized", "One sentence by cause"),
        ("passthrough", "The tool's own words"), ("hidden", "Only that it failed"),
    )), "auto"),
)  # fmt: skip

LIMITS = (
    Part("runs_per_call", "runs_per_call", number(
        "Runs per conversation", "At most so many in one call. Empty: no limit.",
    )),
    Part("limit_runs", "rate_limit.runs", number("Runs at most", "Empty: no limit.")),
    Part("limit_seconds", "rate_limit.seconds", number("… within seconds", "In all calls.")),
    Part("on_duplicate", "on_duplicate", choice("Called again with the same arguments", (
        ("auto", "Reads run again, others give the first outcome"), ("allow", "It runs again"),
        ("reuse", "The first outcome again"), ("reject", "It is refused"),
    )), "auto"),
    Part("execution_mode", "execution_mode", choice("The assistant", (
        ("sync", "Waits for the outcome"), ("async", "Goes on talking, tells the outcome later"),
    )), "sync"),
)  # fmt: skip

APPROVAL = (
    Part("answered_by", "answered_by", choice("Whose yes counts", (
        ("operator", "Operators and above"), ("builder", "Builders and above"),
        ("admin", "Admins and owners"), ("owner", "Owners"),
    )), "operator", when=("asks", ("staff",))),
    Part("four_eyes", "four_eyes", switch(
        "Two people", "Whoever asked for the run cannot say yes to it, nobody changes its "
        "arguments, and a yes holds for once.",
    ), False, when=("asks", ("staff",))),
    Part("escalate_after_s", "escalate_after_s", number(
        "Ask admins after, seconds", "When no member of staff has answered. Empty: never.",
    ), when=("asks", ("staff",))),
    Part("yes_holds", "yes_holds", choice("A yes may hold", (
        ("always", "Always, where somebody says so"), ("conversation", "For one conversation"),
        ("once", "Once: it asks each time"),
    )), "always", when=("asks", ("confirm", "staff"))),
)  # fmt: skip

_ONE_EACH = "One phrase per line, taken in turn; es: before one in Spanish."

SPOKEN = (
    Part("say_start", "messages.start.phrases", PhrasesField(
        label="When it starts", help_text=_ONE_EACH,
    )),
    Part("say_delayed", "messages.delayed.phrases", PhrasesField(
        label="When it takes long", help_text="Empty: the assistant's own sentence for that.",
    )),
    Part("say_delayed_after", "messages.delayed.after_ms", number(
        "… that is after, ms", "500 to 60000.",
    ), AFTER_MS),
    Part("say_complete", "messages.complete.phrases", PhrasesField(label="When it worked")),
    Part("say_failed", "messages.failed.phrases", PhrasesField(label="When it failed")),
    Part("on_interrupt", "on_interrupt", choice("When the caller speaks meanwhile", (
        ("auto", "Reads are cancelled, others go on"), ("keep", "It goes on"),
        ("cancel", "It is cancelled"),
    )), "auto"),
)  # fmt: skip

PARTS = (*FIXED, *TOLD, *LIMITS, *APPROVAL, *SPOKEN)

NOBODY, CONFIRM, STAFF = "none", "confirm", "staff"
ASKS = (
    (NOBODY, "Nobody: it runs"),
    (CONFIRM, "The caller says yes first"),
    (STAFF, "Staff says yes first"),
)


def asks(behaviour: dict[str, object], *, require_confirmation: bool) -> str:
    """Return who is asked, from the two columns that say so together."""
    approval = behaviour.get("approval") or NOBODY
    if approval == NOBODY:
        return CONFIRM if require_confirmation else NOBODY
    return str(approval)
