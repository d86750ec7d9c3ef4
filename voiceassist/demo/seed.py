"""The demo organization: people, assistants, numbers, tools, templates, past calls and a past chat.

Each part is made only where it is missing, through the services of its room; what is past, which no
service can make, are rows. Imports every room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from calls.models import Call
from tools_library.models import Tool
from tools_library.sandbox.client import sandbox
from tools_library.services import assignments
from tools_library.services.tools import save_tool
from voiceassist.assistants.models import Assistant, PhoneNumber
from voiceassist.assistants.services import drafts, numbers, publishing
from voiceassist.conversations import page_tools
from voiceassist.conversations.models import Conversation
from voiceassist.demo import chat_history, credentials, history, knowledge
from voiceassist.demo.kinds import kinds
from voiceassist.demo.tools import TEMPLATES, TOOLS
from voiceassist.organizations.models import Membership, Organization, Role, User
from voiceassist.organizations.services import members, organizations, users

SLUG = "juniper-cycles"
PASSWORD = "demo-voiceassist"  # noqa: S105 - printed at start; the demo has nothing to hide
PEOPLE = {
    Role.OWNER: "owner@example.com",
    Role.ADMIN: "admin@example.com",
    Role.BUILDER: "builder@example.com",
    Role.OPERATOR: "operator@example.com",
    Role.VIEWER: "viewer@example.com",
}


@dataclass(frozen=True)
class _AssistantWords:
    """What differs between the demo's assistants."""

    slug: str
    name: str
    language: str
    number: str
    description: str
    first_message: str
    instructions: str


_ASSISTANTS = (
    _AssistantWords(
        "demo", "Juniper Cycles", "en", "+12025550100", "Answers the shop's phone in English.",
        "Hello, this is Juniper Cycles. How can I help?",
        "You answer the phone of ${organization_name}, a bicycle shop with a workshop. You are "
        "warm, brief and never pushy. Customers ask where an order is: look it up by its number "
        "and say what you found. They ask for a day in the workshop: book it and repeat the day "
        "and time. If you do not know something, say so and offer a call back. "
        "The caller's number is ${phone_number}.",
    ),
    _AssistantWords(
        "recepcion", "Recepción", "es", "+12025550101", "Atiende el teléfono en español.",
        "Hola, habla con Juniper Cycles. ¿En qué puedo ayudarle?",
        "Atiende el teléfono de ${organization_name}, una tienda de bicicletas con taller. Sea "
        "amable y breve. Si preguntan por un pedido, búsquelo por su número y diga lo que ha "
        "encontrado. Si piden un día en el taller, resérvelo y repita el día y la hora. Si no sabe "
        "algo, dígalo y ofrezca devolver la llamada.",
    ),
)  # fmt: skip


def seed() -> list[str]:
    """Make whatever of the demo is missing; return what was made, one line each."""
    made: list[str] = []
    with transaction.atomic():
        organization = _organization(made)
        owner = _people(organization, made)
        made += credentials.write(organization, owner)
        assistants = {words.slug: _assistant(organization, words, owner, made)
                      for words in _ASSISTANTS}  # fmt: skip
        knowledge.write(organization, made)
        tools = _tools(organization, assistants, owner, made)
        if added := page_tools.add(organization, by=owner):
            made.append(f"{added} tools of the chat page")
        if not Call.objects.of(organization).exists():
            made.append(f"{history.write(organization, assistants, tools)} past calls")
        if not Conversation.objects.of(organization).exists():
            chat_history.write(assistants["demo"], owner, _known(organization))
            made.append("a past chat")
    return made


def _organization(made: list[str]) -> Organization:
    known = Organization.objects.filter(slug=SLUG).first()
    if known is not None:
        return known
    made.append("organization Juniper Cycles")
    return organizations.create("Juniper Cycles", slug=SLUG)


def _people(organization: Organization, made: list[str]) -> User:
    present = set(Membership.objects.of(organization).values_list("user__email", flat=True))
    for role, email in PEOPLE.items():
        if email in present:
            continue
        user = members.add(organization, email, role, name=f"Demo {role.label.lower()}").user
        if not user.has_usable_password():
            user.set_password(PASSWORD)
        user.is_superuser = user.is_superuser or role is Role.OWNER
        users.save(user)
        members.refresh_staff(user)
        made.append(f"user {email}")
    return User.objects.get(email=PEOPLE[Role.OWNER])


def _assistant(
    organization: Organization, words: _AssistantWords, owner: User, made: list[str]
) -> Assistant:
    assistant = Assistant.objects.of(organization).filter(slug=words.slug).first()
    if assistant is None:
        assistant = Assistant(
            organization=organization,
            slug=words.slug,
            name=words.name,
            description=words.description,
            language=words.language,
            first_message=words.first_message,
            instructions=words.instructions,
            created_by=owner,
        )
        drafts.save(assistant)
        made.append(f"assistant {words.slug}")
    if assistant.published_version_id is None:
        publishing.publish(assistant, owner)
    if not PhoneNumber.unscoped.filter(number=words.number).exists():
        numbers.add(organization, words.number, label="Demo line", assistant=assistant)
        made.append(f"number {words.number}")
    return assistant


def _tools(
    organization: Organization, assistants: dict[str, Assistant], owner: User, made: list[str]
) -> dict[str, Tool]:
    base = settings.STAND_INS_URL or "https://tools.example.com"
    known = _known(organization)
    for values in (*(plan.values(base) for plan in (*TOOLS, *TEMPLATES)), *kinds(base)):
        name, is_template = values["name"], values.get("is_template", False)
        if name in known:
            _follow_stand_ins(known[name], values["configuration"], made)
            continue
        if values["tool_type"] == "python_function" and not sandbox().status().available:
            continue
        tool = known[name] = save_tool(organization, values, by=owner)
        made.append(f"{'template' if is_template else 'tool'} {name}")
        if not is_template:
            for assistant in assistants.values():
                assignments.assign(assistant, tool, by=owner)
    return known


def _known(organization: Organization) -> dict[str, Tool]:
    return {tool.name: tool for tool in Tool.objects.of(organization).filter(archived_at=None)}


def _follow_stand_ins(tool: Tool, planned: Mapping[str, Any], made: list[str]) -> None:
    """Point a tool at the stand-ins' new address where it still has an old one of theirs."""
    url, new = str(tool.configuration.get("url", "")), str(planned.get("url", ""))
    if url.startswith("http://127.0.0.1:") and url != new and _path(url) == _path(new):
        changed = {**tool.configuration, "url": new}
        save_tool(tool.organization, {"configuration": changed}, by=None, tool=tool)
        made.append(f"new address of {tool.name}")


def _path(url: str) -> str:
    return urlsplit(url).path
