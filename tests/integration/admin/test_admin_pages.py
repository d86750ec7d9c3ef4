"""Every admin page really rendered for each role: what opens, what is refused, what is foreign."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories.assistants import draft, make_assistant, make_number
from tests.factories.organizations import make_member, make_organization, make_superuser
from voiceassist.assistants.models import Assistant, AssistantVersion, PhoneNumber
from voiceassist.assistants.services import drafts
from voiceassist.foundation.models import Mail
from voiceassist.organizations.models import (
    ApiKey,
    AuditEntry,
    Credential,
    Membership,
    Organization,
    Role,
    User,
)
from voiceassist.organizations.roles import MODEL_RULES, can

STAFF = [Role.OPERATOR, Role.BUILDER, Role.ADMIN, Role.OWNER]
PAGES = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.label_lower in MODEL_RULES
)


def url(label: str, page: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def model_of(label: str) -> Any:
    return next(model for model in admin.site._registry if model._meta.label_lower == label)


def row_of(label: str, organization: Organization) -> Any:
    model = model_of(label)
    if model is Organization:
        return organization
    return model.objects.of(organization).first()


def status(allowed: bool) -> int:
    return 200 if allowed else 403


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("label", PAGES)
def test_the_roles_table_opens_and_closes_every_page(
    label: str, role: Role, shop: Any, as_role: Callable[[str], Client]
) -> None:
    client, rule = as_role(role), MODEL_RULES[label]
    may_view = can(role, rule.view)
    assert client.get(url(label, "changelist")).status_code == status(may_view)
    may_add = rule.add is not None and can(role, rule.add)
    assert client.get(url(label, "add")).status_code == status(may_add)
    row = row_of(label, shop)
    if row is None:
        return
    assert client.get(url(label, "change", row.pk)).status_code == status(may_view)
    assert client.get(url(label, "history", row.pk)).status_code == status(may_view)
    may_delete = rule.delete is not None and can(role, rule.delete)
    assert client.get(url(label, "delete", row.pk)).status_code == status(may_delete)


def test_a_viewer_has_no_admin(as_role: Callable[[str], Client]) -> None:
    answer = as_role(Role.VIEWER).get("/admin/", follow=True)
    assert answer.status_code == 403


def test_a_visitor_is_led_to_the_sign_in_of_the_pages(db: Any) -> None:
    answer = Client().get("/admin/assistants/assistant/", follow=True)
    last, _status = answer.redirect_chain[-1]
    assert last == "/accounts/login/?next=%2Fadmin%2Fassistants%2Fassistant%2F"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.BUILDER, Role.OWNER])
def test_the_menu_shows_what_the_role_may_open(
    role: Role, as_role: Callable[[str], Client]
) -> None:
    page = as_role(role).get("/admin/").content.decode()
    for label in PAGES:
        if "version" not in label and label != "tools_library.assistanttool":
            assert (url(label, "changelist") in page) is can(role, MODEL_RULES[label].view), label


@pytest.mark.parametrize("label", PAGES)
def test_another_organizations_rows_are_neither_listed_nor_found(
    label: str, shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    stranger = make_member(make_organization("Elsewhere"), Role.OWNER)
    client, row = signed_in(stranger), row_of(label, shop)
    if row is None:
        return
    assert f"/{row.pk}/change/" not in client.get(url(label, "changelist")).content.decode()
    # The admin answers an unknown object with a redirect to its index; 403: nobody may delete it.
    for page in ("change", "delete", "history"):
        answer = client.get(url(label, page, row.pk))
        assert answer.status_code in (302, 404, 403 if page == "delete" else 404), page
        assert str(row) not in answer.content.decode()


def test_filters_and_choices_offer_own_rows_only(
    shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    elsewhere = make_organization("Elsewhere")
    make_assistant(elsewhere, name="Their own assistant")
    client = signed_in(make_member(elsewhere, Role.OWNER))
    number = make_number(elsewhere, "+12025550199")
    listed = client.get(url("assistants.phonenumber", "changelist")).content.decode()
    assert "Their own assistant" in listed
    assert "Front desk" not in listed
    foreign = Assistant.objects.of(shop).get()
    data = {"number": "+12025550199", "label": "", "assistant": foreign.pk}
    answer = client.post(url("assistants.phonenumber", "change", number.pk), data)
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()
    found = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "assistants", "model_name": "phonenumber", "field_name": "assistant"},
    )
    assert [each["text"] for each in found.json()["results"]] == ["Their own assistant"]


def test_a_new_row_belongs_to_the_organization_it_was_made_in(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    other = make_organization()
    data = {"number": "+12025550177", "label": "", "assistant": "", "organization": other.pk}
    assert as_role("builder").post(url("assistants.phonenumber", "add"), data).status_code == 302
    assert PhoneNumber.unscoped.get(number="+12025550177").organization == shop


def test_a_superuser_sees_every_organization_by_name(
    shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    make_assistant(make_organization("Elsewhere"), name="Their own assistant")
    page = signed_in(make_superuser()).get(url("assistants.assistant", "changelist"))
    text = page.content.decode()
    assert "Front desk" in text
    assert "Their own assistant" in text
    assert "Elsewhere" in text


def test_choices_of_a_superuser_are_those_of_the_rows_organization(
    shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    elsewhere = make_organization("Elsewhere")
    theirs = make_assistant(elsewhere, name="Their own assistant")
    data = {"name": "Harbour Books", "slug": shop.slug, "default_assistant": theirs.pk}
    page = url("organizations.organization", "change", shop.pk)
    answer = signed_in(make_superuser()).post(page, data)
    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()


def fill(organization: Organization, count: int) -> None:
    """Make `count` more of everything that is listed."""
    rows = [draft(organization) for _ in range(count)]
    assistants = Assistant.unscoped.bulk_create(rows)
    for assistant in assistants:
        assistant.published_version = AssistantVersion(
            organization=organization,
            assistant=assistant,
            number=1,
            configuration=drafts.check(assistant).model_dump(mode="json"),
        )
    AssistantVersion.unscoped.bulk_create(each.published_version for each in assistants)
    Assistant.unscoped.bulk_update(assistants, ["published_version"])
    start = PhoneNumber.unscoped.count()
    PhoneNumber.unscoped.bulk_create(
        PhoneNumber(
            organization=organization, assistant=assistant, number=f"+1202456{start + index:04}"
        )
        for index, assistant in enumerate(assistants)
    )
    users = User.objects.bulk_create(
        User(email=f"many{start + index}@example.com") for index in range(count)
    )
    Membership.unscoped.bulk_create(
        Membership(organization=organization, user=user, role=Role.VIEWER) for user in users
    )
    ApiKey.unscoped.bulk_create(
        ApiKey(organization=organization, name="Many", prefix="vak_", key_hash=f"{start}-{index}")
        for index in range(count)
    )
    now = timezone.now()
    Credential.unscoped.bulk_create(
        Credential(organization=organization, name=f"N{start + index}", changed_at=now)
        for index in range(count)
    )
    Mail.unscoped.bulk_create(
        Mail(organization=organization, recipient="a@example.com", subject="Many", text="Many")
        for index in range(count)
    )
    AuditEntry.unscoped.bulk_create(
        AuditEntry(
            organization=organization, sequence=10_000 + start + index, at=now,
            actor_kind="system", action="thing.made", object_kind="thing",
        )
        for index in range(count)
    )  # fmt: skip


LISTED = (
    "foundation.mail",
    "assistants.assistant",
    "assistants.assistantversion",
    "assistants.phonenumber",
    "organizations.membership",
    "organizations.apikey",
    "organizations.auditentry",
    "organizations.credential",
)


def counted(client: Client, label: str) -> int:
    client.get(url(label, "changelist"))  # what the process caches is not counted
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url(label, "changelist")).status_code == 200
    return len(queries)


@pytest.mark.parametrize("who", ["owner", "superuser"])
def test_a_list_costs_the_same_at_10_and_at_1000_rows(
    who: str, shop: Any, signed_in: Callable[[Any], Client]
) -> None:
    client = signed_in(make_superuser() if who == "superuser" else make_member(shop, "owner"))
    fill(shop, 10)
    before = {label: counted(client, label) for label in LISTED}
    fill(shop, 990)
    assert {label: counted(client, label) for label in LISTED} == before


def test_the_admin_has_its_own_policy_and_the_pages_keep_the_strict_one(
    as_role: Callable[[str], Client],
) -> None:
    client = as_role("owner")
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
    assert "style-src 'self' 'unsafe-inline';" in f"{policy};"
    assert "unsafe" not in client.get("/calls")["Content-Security-Policy"]


def test_the_first_page_lists_what_the_menu_lists(as_role: Callable[[str], Client]) -> None:
    shown = as_role("operator").get("/admin/").content.decode()
    listed = shown[shown.index('class="va-index"') :]
    titles = re.findall(r"</span>([^<]+)</a></li>", listed)
    assert {"Calls", "Tool runs", "Tools"} <= set(titles)
    assert not {"Credentials", "Mails", "Accounts"} & set(titles)


def test_an_assistants_page_and_the_menu_lead_to_the_chat(
    shop: Organization, as_role: Callable[[str], Client]
) -> None:
    client, assistant = as_role("builder"), Assistant.objects.of(shop).get()
    path = url("assistants.assistant", "change", assistant.pk)
    chat = reverse("chat", args=[assistant.slug])
    page = client.get(path).content.decode()
    assert f'href="{chat}"' in page and f'href="{reverse("chat-choose")}"' in page
    Assistant.unscoped.update(is_active=False)
    assert f'href="{chat}"' not in client.get(path).content.decode()


def test_deleting_asks_by_name_and_says_what_goes_and_what_stays(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    client, assistant = as_role("builder"), Assistant.objects.of(shop).get()
    assistant.name = "<b>Desk</b>"
    drafts.save(assistant)
    address = url("assistants.assistant", "delete", assistant.pk)
    shown = client.get(address).content.decode()
    assert "Delete &lt;b&gt;Desk&lt;/b&gt;?" in shown
    assert "Its past calls stay." in shown
    assert "These go with it" in shown
    assert "version 1" in shown
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Assistant.objects.of(shop).exists()


def test_a_reader_of_a_tool_sees_its_rules_in_words(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row = row_of("tools_library.tool", shop)
    shown = as_role("operator").get(url("tools_library.tool", "change", row.pk)).content.decode()
    for words in ("Name for the model", "What a run does", "Everywhere", "Nobody: it runs"):
        assert words in shown
    # A page without the field must not hide by it.
    assert "typeof tool_type ==" in unescape(shown)
    assert not re.search(r'x-show="\(?tool_type', shown)


def test_a_list_offers_to_show_all_only_where_something_narrows_it(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    client, address = as_role("builder"), url("tools_library.tool", "changelist")
    assert "Show all" not in client.get(address).content.decode()
    assert "Show all" in client.get(address, {"q": "lookup"}).content.decode()


def test_an_empty_list_says_why_and_what_to_do(db: Any, signed_in: Callable[[Any], Client]) -> None:
    client = signed_in(make_member(make_organization("Elsewhere"), Role.OWNER))
    tools = url("tools_library.tool", "changelist")
    shown = client.get(tools).content.decode()
    assert "No tools yet" in shown and f'href="{url("tools_library.tool", "add")}"' in shown
    assert "Show all" not in shown
    assert "Nothing matches" in client.get(f"{tools}?q=zebra").content.decode()
    # Nothing can be added here by hand.
    runs = client.get(url("tools_library.toolexecution", "changelist")).content.decode()
    assert "No tool runs yet" in runs and "va-button" not in runs


def test_the_parts_of_an_assistant_are_always_in_sight(
    shop: Any, as_role: Callable[[str], Client]
) -> None:
    row = make_assistant(shop)
    page = as_role(Role.OWNER).get(url("assistants.assistant", "change", row.pk)).content.decode()
    (parts,) = re.findall(r'<nav class="va-tabs va-parts".*?</nav>', page, re.DOTALL)
    assert re.findall(r"'}\">([\w ]+)", parts) == ["General", "Phone numbers", "Tools"]
    assert "tabs-dropdown" not in page, "Unfold's script would move them into a menu"
