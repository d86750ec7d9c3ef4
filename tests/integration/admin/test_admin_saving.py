"""What the admin's forms do: services save, their refusals show at the field, publishing works."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tools_library.executors.builtin import of_session
from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.assistants.sentences import sentence
from voiceassist.assistants.services import drafts
from voiceassist.organizations.models import ApiKey, Membership, Role, User

ASSISTANTS = "/admin/assistants/assistant/"
MEMBERS = "/admin/organizations/membership/"
KEYS = "/admin/organizations/apikey/"
INLINES = ("phone_numbers", "assistant_tools")


def form_of(**values: Any) -> dict[str, Any]:
    """Return what a browser sends for an assistant, with `values` changed."""
    data: dict[str, Any] = {
        "name": "Front desk", "slug": "desk", "description": "",
        "instructions": "You answer the phone.", "first_message": "Hello!",
        "first_message_interruptible": "on", "language": "en", "voice": "marin",
        "noise_reduction": "", "turn_detection": "server_vad", "vad_threshold": "0.5",
        "vad_silence_duration_ms": "500", "vad_prefix_padding_ms": "300",
        "vad_idle_timeout_ms": "", "vad_eagerness": "auto", "interrupt_response": "on",
        "silence_timeout_seconds": "20", "max_duration_seconds": "600", "is_active": "on",
        "tool_limit_runs": "", "tool_limit_seconds": "60",
        "end_call_enabled": "on", "realtime_model": "gpt-realtime-2.1",
        "transcription_model": "gpt-transcribe",
    }  # fmt: skip
    for prefix in INLINES:
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return {**data, **values}


def errors_in(page: Any) -> str:
    assert page.status_code == 200
    return " ".join(str(error) for error in page.context["errors"])


def test_a_builder_makes_an_assistant(shop: Any, as_role: Callable[[str], Client]) -> None:
    given = form_of(
        slug="new",
        end_call_scenarios="- The caller says goodbye\n\n The caller asks to stop ",
        end_call_message="Ride safely.",
        sentence_holding="Just a second.",
    )
    assert as_role("builder").post(f"{ASSISTANTS}add/", given).status_code == 302
    made = Assistant.objects.of(shop).get(slug="new")
    assert made.tools_settings["enabled_tools"] == ["endCall"]
    assert made.tools_settings["end_call"] == {
        "enabled": True,
        "scenarios": ["The caller says goodbye", "The caller asks to stop"],
        "custom_message": "Ride safely.",
    }
    assert made.sentences == {"holding": "Just a second."}
    assert made.created_by is not None
    assert made.published_version is None


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"instructions": ""}, "instructions", "required"),
        ({"instructions": "Hi ${caller}"}, "instructions", "${caller} is not known"),
        ({"instructions": "x" * 32_001}, "instructions", "32000"),
        ({"sentence_holding": "${x}"}, "sentence_holding", "${x} is not known"),
        ({"transfer_numbers": "Sales: 555"}, "transfer_numbers", "'Sales: 555' is no number"),
        ({"transfer_enabled": "on"}, "transfer_numbers", "at least one number"),
        ({"transfer_message": "Hi ${x}"}, "transfer_message", "${x} is not known"),
        ({"end_call_message": "Bye ${"}, "end_call_message", "${"),
        ({"vad_threshold": "2"}, "vad_threshold", "less than or equal to 1"),
        ({"slug": "taken"}, "slug", "Another assistant is called taken"),
        ({"slug": "2024"}, "slug", "add a letter, as in desk-2024"),
        ({"slug": "front desk!"}, "slug", "Write letters, digits and hyphens only"),
    ],
)
def test_a_refusal_shows_at_its_field(
    values: dict[str, str], field: str, words: str, shop: Any, as_role: Callable[[str], Client]
) -> None:
    make_assistant(shop, slug="taken")
    row = Assistant.objects.of(shop).get(slug="desk")
    page = as_role("builder").post(f"{ASSISTANTS}{row.pk}/change/", form_of(**values))
    assert words in str(page.context["adminform"].form.errors[field][0])
    assert errors_in(page)
    assert Assistant.objects.of(shop).get(pk=row.pk).instructions == row.instructions


def test_saving_keeps_settings_that_the_form_does_not_show(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row = Assistant.objects.of(shop).get()
    row.tools_settings |= {"enabled_tools": ["other", "endCall"], "custom_tools": [{"name": "x"}]}
    drafts.save(row)
    data = form_of()
    del data["end_call_enabled"]
    as_role("builder").post(f"{ASSISTANTS}{row.pk}/change/", data)
    saved = Assistant.objects.of(shop).get().tools_settings
    assert saved["enabled_tools"] == ["other"]
    assert saved["custom_tools"] == [{"name": "x"}]
    assert saved["end_call"]["enabled"] is False


def test_a_builder_says_where_callers_may_be_put_through_and_that_keys_may_be_pressed(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row, client = Assistant.objects.of(shop).get(), as_role("builder")
    given = form_of(
        transfer_enabled="on",
        transfer_numbers="Sales: +1 202 555 0143\n\n- +1 (202) 555-0144",
        transfer_scenarios="The caller asks for a person.",
        transfer_message="I am putting you through to ${organization_name}.",
        transfer_asks="staff",
        press_keys_enabled="on",
        press_keys_asks="none",
    )
    assert client.post(f"{ASSISTANTS}{row.pk}/change/", given).status_code == 302
    saved = Assistant.objects.of(shop).get()
    assert saved.tools_settings["enabled_tools"] == ["endCall", "transferCall", "press_keys"]
    assert saved.tools_settings["transfer_call"] == {
        "enabled": True,
        "scenarios": ["The caller asks for a person."],
        "transfer_numbers": ["Sales: +1 202 555 0143", "+1 (202) 555-0144"],
        "custom_message": "I am putting you through to ${organization_name}.",
    }
    offered = of_session.offered(drafts.check(saved).tools_settings, "en")
    assert [(tool.name, tool.approval) for tool in offered] == [
        ("endCall", "none"), ("transferCall", "staff"), ("press_keys", "none"),
    ]  # fmt: skip
    shown = client.get(f"{ASSISTANTS}{row.pk}/change/").context["adminform"].form
    assert shown["transfer_asks"].value() == "staff"
    assert shown["transfer_numbers"].value() == "Sales: +1 202 555 0143\n+1 (202) 555-0144"
    told = as_role("operator").get(f"{ASSISTANTS}{row.pk}/change/").content.decode()
    assert "put callers through to: Sales: +1 202 555 0143; +1 (202) 555-0144. It may press" in told


def test_words_of_ending_and_transferring_are_asked_for_once(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row, client = Assistant.objects.of(shop).get(), as_role("builder")
    row.sentences = {"transferring": "Over you go.", "resumed": "Back."}
    drafts.save(row)
    shown = client.get(f"{ASSISTANTS}{row.pk}/change/").context["adminform"].form
    assert shown["transfer_message"].value() == "Over you go."
    assert not {"sentence_transferring", "sentence_farewell"} & set(shown.fields)
    given = form_of(transfer_message="Over you go.", sentence_resumed="Back.")
    client.post(f"{ASSISTANTS}{row.pk}/change/", given)
    saved = Assistant.objects.of(shop).get()
    assert sentence(drafts.check(saved), "transferring") == "Over you go."
    assert saved.sentences == {"resumed": "Back."}


def test_save_and_publish_makes_one_version_and_says_so(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row, client = Assistant.objects.of(shop).get(), as_role("builder")
    data = form_of(first_message="Good morning!", assistants_assistant_publish_now="1")
    page = client.post(f"{ASSISTANTS}{row.pk}/change/", data, follow=True)
    assert "Version 2 is live" in page.content.decode()
    again = client.post(f"{ASSISTANTS}{row.pk}/change/", data, follow=True)
    assert "Nothing changed: version 2 is still live" in again.content.decode()
    newest = AssistantVersion.objects.of(shop).first()
    assert newest.spec.first_message == "Good morning!"
    shown = client.get(f"/admin/assistants/assistantversion/{newest.pk}/change/").content.decode()
    assert re.search(r'<ins class="va-ins">\+ Good morning!</ins>', shown)


def test_an_operator_reads_but_cannot_save(shop: Any, as_role: Callable[[str], Client]) -> None:
    row, client = Assistant.objects.of(shop).get(), as_role("operator")
    page = client.get(f"{ASSISTANTS}{row.pk}/change/").content.decode()
    assert "Are you still there?" in page
    assert "publish_now" not in page
    answer = client.post(f"{ASSISTANTS}{row.pk}/change/", form_of(name="Mine"))
    assert answer.status_code == 403
    assert Assistant.objects.of(shop).get().name == "Front desk"


def test_the_page_says_what_callers_hear_and_what_will_stop(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row, client = Assistant.objects.of(shop).get(), as_role("builder")
    assert "Callers hear this draft" in client.get(f"{ASSISTANTS}{row.pk}/change/").content.decode()
    row.realtime_model = "gpt-realtime"
    drafts.save(row)
    page = client.get(f"{ASSISTANTS}{row.pk}/change/").content.decode()
    assert "Callers hear version 1" in page
    assert "Use gpt-realtime-2.1." in page


def test_copying_makes_an_unpublished_twin(shop: Any, as_role: Callable[[str], Client]) -> None:
    row = Assistant.objects.of(shop).get()
    as_role("builder").post(ASSISTANTS, {"action": "copy", "_selected_action": [row.pk]})
    assert Assistant.objects.of(shop).get(slug="desk-copy").published_version is None


def test_a_foreign_assistant_is_not_copied(shop: Any, signed_in: Callable[[Any], Client]) -> None:
    row, elsewhere = Assistant.objects.of(shop).get(), make_organization()
    client = signed_in(make_member(elsewhere, "builder"))
    client.post(ASSISTANTS, {"action": "copy", "_selected_action": [row.pk]})
    assert not Assistant.objects.of(elsewhere).exists()
    assert Assistant.objects.of(shop).count() == 1


def test_a_number_without_its_country_is_refused_at_the_field(
    as_role: Callable[[str], Client],
) -> None:
    data = {"number": "2025550177", "label": "", "assistant": ""}
    page = as_role("builder").post("/admin/assistants/phonenumber/add/", data)
    assert "number" in page.context["adminform"].form.errors


def test_a_key_is_shown_once_and_never_again(shop: Any, as_role: Callable[[str], Client]) -> None:
    client = as_role("admin")
    data = {"name": "Till", "role": "viewer", "expires_at_0": "", "expires_at_1": ""}
    page = client.post(f"{KEYS}add/", data)
    found = re.search(r"vak_[\w-]{40,}", page.content.decode())
    assert found is not None
    assert "no-store" in page["Cache-Control"]
    row = ApiKey.objects.of(shop).get(name="Till")
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert Client().get("/api/calls", headers=headers).status_code == 200
    for address in (KEYS, f"{KEYS}{row.pk}/change/"):
        assert found[0] not in client.get(address).content.decode()
    client.post(f"{KEYS}{row.pk}/change/", {"organizations_apikey_revoke": "1"})
    assert Client().get("/api/calls", headers=headers).status_code == 401


def test_a_new_member_gets_a_link(shop: Any, as_role: Callable[[str], Client]) -> None:
    data = {"email": "New@example.com", "name": "Newcomer", "role": "operator"}
    page = as_role("admin").post(f"{MEMBERS}add/", data, follow=True)
    assert "/accounts/password/reset/key/" in page.content.decode()
    user = User.objects.get(email="new@example.com")
    assert Membership.objects.of(shop).get(user=user).role == Role.OPERATOR


def test_an_admin_cannot_name_an_owner(shop: Any, as_role: Callable[[str], Client]) -> None:
    data = {"email": "new@example.com", "name": "", "role": "owner"}
    page = as_role("admin").post(f"{MEMBERS}add/", data)
    (text,) = page.context["adminform"].form.errors["role"]
    assert "Only an owner can name owners" in text
    assert not User.objects.filter(email="new@example.com").exists()


def test_the_last_owner_is_not_deleted_and_the_page_says_why(
    shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    owner = make_member(shop, "owner")
    row = Membership.objects.of(shop).get(user=owner)
    client = signed_in(owner)
    page = client.post(f"{MEMBERS}{row.pk}/delete/", {"post": "yes"}, follow=True)
    assert "name another owner first" in page.content.decode()
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    page = client.post(MEMBERS, data, follow=True)
    assert "name another owner first" in page.content.decode()
    assert Membership.objects.of(shop).filter(pk=row.pk).exists()
