"""Calls whose tools need somebody's yes: such tools for the site's assistant, and callers."""

from tests.factories.tools import assign, endpoint_configuration, make_tool
from tools_library.models import ToolExecution
from voiceassist.assistants.services import drafts, publishing
from voiceassist.demo.scenario import Listen, Scenario, Speak

DAY = {
    "type": "object",
    "properties": {"day": {"type": "string"}},
    "required": ["day"],
}
BOOK = "I need the workshop on Tuesday."
QUESTION = "Shall I book tuesday for you?"


def booking(site, **tool):
    """Give the assistant a tool that books days in the workshop; the stand-in counts them."""
    made = make_tool(
        site.assistant.organization,
        name="book_appointment",
        side_effect="write",
        function_definition=DAY,
        configuration=endpoint_configuration(
            f"{site.stand_ins.url}/tools/appointments", request_body_template="${parameters}"
        ),
        **tool,
    )
    assign(site.assistant, made)


def transferring(site, **settings):
    """Let the assistant put callers through to the sales desk."""
    transfer = {"enabled": True, "transfer_numbers": ["Sales: +1 202 555 0143"]}
    settings = {"transfer_call": transfer, **settings}
    site.assistant.tools_settings = site.assistant.tools_settings | settings
    drafts.save(site.assistant)
    publishing.publish(site.assistant, None)


def caller(*steps, first=BOOK, **more):
    """Somebody who asks for something and then does these steps."""
    script = (Listen(), Speak(text=first), *steps)
    return Scenario(name="confirmation", description="asked", caller=script, **more)


def booked(site):
    """Return how often the workshop was really booked."""
    return len(site.stand_ins.app.tools.log)


def runs_of(call, name="book_appointment"):
    """Return the tool's runs in the call, oldest first."""
    return list(ToolExecution.unscoped.filter(call=call, tool_name=name).order_by("id"))
