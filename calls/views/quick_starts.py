"""Instructions to start an outgoing call from; plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QuickStart:
    """One card of the page: its name, a hint, and the instruction it fills in."""

    slug: str
    title: str
    hint: str
    instruction: str


QUICK_STARTS = (
    QuickStart(
        "reminder",
        "Remind of an appointment",
        "Tomorrow 09:20, offer to move it",
        "Remind the person of their appointment tomorrow at 09:20. Ask whether the time still "
        "suits them; if not, ask which day is better and say that somebody will confirm it. "
        "Then thank them and say goodbye.",
    ),
    QuickStart(
        "rap",
        "Rap battle",
        "Two verses each, friendly",
        "Challenge the person to a rap battle. Begin with two lines, let them answer, then two "
        "more. Keep it friendly and short, ask who won, and say goodbye.",
    ),
    QuickStart(
        "survey",
        "Three questions",
        "How was your visit?",
        "Ask for one minute of the person's time. Then ask three questions, one by one: how they "
        "liked their last visit from one to ten, what went well, and what should be better. "
        "Repeat the answers in one sentence, thank them and say goodbye.",
    ),
    QuickStart(
        "quiz",
        "Pub quiz",
        "Five questions, one winner",
        "Host a pub quiz: five easy questions about music, food and geography, one at a time. "
        "Say after each whether the answer was right, keep the score, congratulate the person at "
        "the end and say goodbye.",
    ),
    QuickStart(
        "practice",
        "Practise Spanish",
        "Small talk, gentle corrections",
        "Have five minutes of small talk in simple Spanish. Correct mistakes gently by repeating "
        "the sentence the right way. End with one compliment and say goodbye in Spanish.",
    ),
    QuickStart("own", "Your own words", "Start from an empty page", ""),
)
