"""Makes assistants and numbers for tests, through the services."""

from itertools import count
from typing import Any

from voiceassist.assistants.models import Assistant, AssistantVersion, PhoneNumber
from voiceassist.assistants.services import drafts, numbers, publishing
from voiceassist.assistants.spec import AssistantSpec
from voiceassist.organizations.models import Organization

_NUMBERS = count(1)


def make_spec(**values: Any) -> AssistantSpec:
    """Return a valid spec; needs no database."""
    given = {
        "name": "Front desk",
        "slug": "desk",
        "instructions": "You work for ${organization_name}.",
        "voice": "marin",
        "realtime_model": "gpt-realtime-2.1",
        "transcription_model": "gpt-transcribe",
        **values,
    }
    return AssistantSpec.model_validate(given)


def draft(organization: Organization, **values: Any) -> Assistant:
    """Return an unsaved assistant with everything it needs."""
    number = next(_NUMBERS)
    given = {
        "name": f"Assistant {number}",
        "slug": f"assistant-{number}",
        "instructions": "You answer the phone of a bookshop.",
        "first_message": "Hello, how can I help?",
        **values,
    }
    return Assistant(organization=organization, **given)


def make_assistant(
    organization: Organization, *, published: bool = True, **values: Any
) -> Assistant:
    """Save an assistant, and publish it."""
    assistant = drafts.save(draft(organization, **values))
    if published:
        publishing.publish(assistant, None)
    return assistant


def make_version(organization: Organization, **values: Any) -> AssistantVersion:
    """Make a published assistant and return its version."""
    version = make_assistant(organization, **values).published_version
    assert version is not None
    return version


def make_number(
    organization: Organization, number: str = "+12025550123", assistant: Assistant | None = None
) -> PhoneNumber:
    """Add a number, answered by `assistant`."""
    return numbers.add(organization, number, assistant=assistant)
