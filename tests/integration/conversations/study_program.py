"""A program with an agent of its own, `python -m tests.integration.conversations.study_program`.

It takes a command as a line of JSON and prints its answer as one; what it had in memory ends with
it.
"""

import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402

from voiceassist.conversations.agents import Agent, Param, Tool, begin, register  # noqa: E402
from voiceassist.conversations.models import Conversation  # noqa: E402
from voiceassist.organizations.models import Organization  # noqa: E402


class ShowEmoji(Tool):
    """Shown by the person's page."""

    execution_context = "frontend"
    name = "show_emoji"
    description = "Display an emoji to the person"
    emoji = Param(str, required=True)


class CountVerses(Tool):
    """Carried out by this program."""

    name = "count_verses"
    description = "Count the verses of a book"
    changes = False
    book = Param(str)

    def execute(self, params):
        """Return how many there are."""
        return self.success_response({"verses": 31}, "It has 31 verses.")


@register
class StudyAgent(Agent):
    """Helps people study."""

    identity = "You help people study."
    tools = (ShowEmoji, CountVerses)


def start(organization, text):
    """Begin a conversation with a message."""
    conversation = begin(StudyAgent, organization=Organization.objects.get(pk=organization))
    return {"conversation": conversation.pk, "response": _agent(conversation.pk).send_message(text)}


def say(conversation, text):
    """Send another message."""
    return {"response": _agent(conversation).send_message(text)}


def resume(conversation, results):
    """Go on with what the page answered."""
    agent = _agent(conversation)
    found = agent.paused_for_frontend()
    return {"paused": found, "response": agent.continue_with_tool_results(results)}


def _agent(conversation):
    return StudyAgent(Conversation.unscoped.get(pk=conversation))


if __name__ == "__main__":
    settings.JOBS_RUNNER = "in_process"
    commands = {"start": start, "say": say, "resume": resume}
    for line in sys.stdin:
        command = json.loads(line)
        settings.OPENAI_BASE_URL = command.pop("model")
        answer = commands[command.pop("do")](**command)
        print(json.dumps(answer), flush=True)
