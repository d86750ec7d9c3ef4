"""Reviews of versions: who may approve what at save, and that nothing unreviewed runs."""

import pytest
from django.core.exceptions import PermissionDenied

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from tests.factories.tools import assign, endpoint_configuration, make_tool, origin, tool_values
from tools_library.approvals import reviews, trying
from tools_library.approvals.errors import NotReviewed
from tools_library.engine.errors import ToolConfigurationError
from tools_library.models import ToolReview
from tools_library.services import catalog, execution, running
from tools_library.services.secrets import OrganizationSecrets
from tools_library.services.tools import save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.authentication import KeyUser
from voiceassist.organizations.models import AuditEntry
from voiceassist.organizations.services import api_keys, credentials

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.embedded,
    pytest.mark.usefixtures("handed_over", "replies"),
]


def save(organization, by, tool=None, **more):
    values = more if tool else tool_values(**more)
    return save_tool(organization, values, by=by, tool=tool)


def key(organization, role, maker=None):
    return KeyUser(api_keys.create(organization, "A program", role, by=maker)[0])


def run(tool, organization, **more):
    return execution.request(tool, {"order_id": "7"}, origin(organization, **more))


def rule(organization, value):
    organization.tool_review = value
    organization.save()


@pytest.mark.parametrize(
    ("setting", "saver", "others", "approved"),
    [
        ("own", "builder", [], False),
        ("own", "admin", [], True),
        ("own", "owner", ["admin"], True),
        ("second", "builder", [], False),
        ("second", "admin", [], True),
        ("second", "admin", ["builder"], True),
        ("second", "admin", ["admin"], False),
        ("second", "owner", ["admin"], False),
        ("off", "builder", ["admin"], True),
    ],
)
@pytest.mark.parametrize("program", [False, True])
def test_whose_versions_wait(organization, setting, saver, others, approved, program):
    rule(organization, setting)
    for role in others:
        make_member(organization, role)
    by = key(organization, saver) if program else make_member(organization, saver)
    tool = save(organization, by)
    assert ToolReview.unscoped.get().status == ("approved" if approved else "pending")
    row = run(tool, organization)
    assert (row.status, row.error_code) == (("queued", "") if approved else
                                            ("error", "not_reviewed"))  # fmt: skip


def test_what_the_platform_saves_is_approved_without_anybody(organization):
    assert run(save(organization, None), organization).status == "queued"


def test_each_version_has_its_own_review_and_the_audit_knows(organization):
    builder, admin = make_member(organization, "builder"), make_member(organization, "admin")
    tool = save(organization, builder)
    (first,) = ToolReview.unscoped.all()
    reviews.decide(first, "approve", by=admin, reason="Looks right.")
    assert run(tool, organization).status == "queued"
    save(organization, builder, tool, configuration=endpoint_configuration("https://b.example.com"))
    row = run(tool, organization)
    assert (row.status, row.error_code) == ("error", "not_reviewed")
    assert "waits for a review" in row.message
    newest = ToolReview.unscoped.first()
    reviews.decide(newest, "reject", by=admin)
    assert "rejected" in run(tool, organization).message
    actions = AuditEntry.unscoped.filter(object_kind="tool_version").order_by("sequence")
    assert list(actions.values_list("action", flat=True)) == [
        "tool_version.review_asked", "tool_version.approved", "tool_version.review_asked",
        "tool_version.rejected",
    ]  # fmt: skip


def test_an_admins_own_approval_is_on_record_as_their_own(organization):
    save(organization, make_member(organization, "admin"))
    entry = AuditEntry.unscoped.get(action="tool_version.approved")
    assert entry.data["own"] is True and entry.actor_kind == "user"


def test_a_run_that_was_admitted_is_checked_again(organization):
    tool = save(organization, None)
    row = run(tool, organization)
    admin = make_member(organization, "admin")
    reviews.decide(ToolReview.unscoped.get(), "reject", by=admin)
    outcome = running.run(execution.ToolExecution.unscoped.get(pk=row.pk))
    assert (outcome.status, outcome.error_code) == ("error", "not_reviewed")


@pytest.mark.parametrize("role", ["viewer", "operator", "builder"])
def test_who_may_not_review(organization, role):
    save(organization, make_member(organization, "builder"))
    review = ToolReview.unscoped.get()
    strangers = [make_member(make_organization(), "owner"), key(make_organization(), "owner"), None]
    for by in (make_member(organization, role), key(organization, role), *strangers):
        with pytest.raises(PermissionDenied):
            reviews.decide(review, "approve", by=by)
    assert ToolReview.unscoped.get().status == "pending"


def test_with_a_second_approver_nobody_approves_their_own(organization):
    rule(organization, "second")
    first, second = make_member(organization, "admin"), make_member(organization, "owner")
    save(organization, first)
    review = ToolReview.unscoped.get()
    with pytest.raises(PermissionDenied, match="yourself"):
        reviews.decide(review, "approve", by=first)
    assert reviews.decide(review, "approve", by=second).status == "approved"


@pytest.mark.parametrize(
    ("saves", "approves"),
    [("login", "key"), ("key", "login"), ("key", "other key"), ("login", "nobody's key"),
     ("nobody's key", "nobody's key")],
)  # fmt: skip
def test_a_key_and_a_login_of_one_person_are_no_second_person(organization, saves, approves):
    rule(organization, "second")
    one, other = make_member(organization, "admin"), make_member(organization, "admin")
    ways = {
        "login": one,
        "key": key(organization, "admin", one),
        "other key": KeyUser(api_keys.create(organization, "Another", "owner", by=one)[0]),
        "nobody's key": key(organization, "admin"),
    }
    save(organization, ways[saves])
    review = ToolReview.unscoped.get()
    with pytest.raises(PermissionDenied):
        reviews.decide(review, "approve", by=ways[approves])
    assert ToolReview.unscoped.get().status == "pending"
    seconds = KeyUser(api_keys.create(organization, "Of another", "admin", by=other)[0])
    assert reviews.decide(review, "approve", by=seconds).status == "approved"
    assert review.decided_by_name == "API key Of another" and review.decided_by == other


def test_the_only_admin_needs_no_second_person_for_what_their_key_saves(organization):
    rule(organization, "second")
    only = make_member(organization, "admin")
    save(organization, key(organization, "admin", only))
    assert ToolReview.unscoped.get().status == "approved"


def test_a_review_is_approved_or_rejected(organization):
    save(organization, make_member(organization, "builder"))
    with pytest.raises(InvalidInput):
        reviews.decide(
            ToolReview.unscoped.get(), "edit", by=make_member(organization, "admin")
        )  # fmt: skip


# --- an assistant's own configuration ---------------------------------------------------------


def test_an_own_configuration_is_reviewed_like_the_tool(organization):
    admin, builder = make_member(organization, "admin"), make_member(organization, "builder")
    assistant = make_assistant(organization)
    tool = save(organization, admin)
    assign(assistant, tool, by=builder)
    (entry,) = catalog.for_assistant(assistant, trigger="api")
    assert run(entry, organization).status == "queued", "it is what was approved"
    custom = {"url": "https://elsewhere.example.com/orders"}
    assign(assistant, tool, by=builder, custom_configuration=custom)
    (entry,) = catalog.for_assistant(assistant, trigger="api")
    assert run(entry, organization).error_code == "not_reviewed"
    reviews.decide(ToolReview.unscoped.filter(status="pending").get(), "approve", by=admin)
    assert run(entry, organization).status == "queued"
    assert run(tool, organization).status == "queued"


def test_a_new_version_is_reviewed_as_assistants_configure_it(organization):
    admin, builder = make_member(organization, "admin"), make_member(organization, "builder")
    assistant = make_assistant(organization)
    tool = save(organization, admin)
    assign(assistant, tool, by=admin, custom_configuration={"timeout": 3})
    save(organization, builder, tool, timeout_seconds=5)
    assert ToolReview.unscoped.filter(status="pending").count() == 2
    save(organization, admin, tool, timeout_seconds=6)
    (entry,) = catalog.for_assistant(assistant, trigger="api")
    assert run(entry, organization).status == "queued"


# --- tests of what was not reviewed -----------------------------------------------------------


def trying_it(organization, by, configuration, **fixed):
    return trying.allowed_for_test(
        organization.pk, "endpoint", configuration, tool_values()["function_definition"], fixed,
        by=by,
    )  # fmt: skip


def test_an_unreviewed_test_keeps_to_what_is_approved(organization):
    admin, builder = make_member(organization, "admin"), make_member(organization, "builder")
    for name in ("SHOP_TOKEN", "OTHER"):
        credentials.create(organization, name, "a value", by=None)
    approved = endpoint_configuration(
        "https://api.example.com/a", headers={"Authorization": "Bearer ${SHOP_TOKEN}"}
    )
    make_tool(organization, configuration=approved)
    same = endpoint_configuration(
        "https://api.example.com/other/${order_id}", headers={"X-Key": "${SHOP_TOKEN}"}
    )
    assert trying_it(organization, builder, same) is False
    beyond = {
        "the host api.example.com:8443": endpoint_configuration("https://api.example.com:8443/a"),
        "the host evil.example.com:443": endpoint_configuration("https://evil.example.com/a"),
        "the credential OTHER": endpoint_configuration(
            "https://api.example.com/a", headers={"X-Key": "${OTHER}"}
        ),
    }
    for named, configuration in beyond.items():
        with pytest.raises(NotReviewed, match=named):
            trying_it(organization, builder, configuration)
        with pytest.raises(NotReviewed, match=named):
            trying_it(organization, key(organization, "builder"), configuration)
        assert trying_it(organization, admin, configuration) is True
    with pytest.raises(NotReviewed, match="the credential HIDDEN"):
        trying_it(organization, builder, same, secret="${HIDDEN}")


def test_what_waits_or_was_rejected_approves_nothing(organization):
    builder = make_member(organization, "builder")
    save(organization, builder)
    with pytest.raises(NotReviewed, match=r"api\.example\.com"):
        trying_it(organization, builder, endpoint_configuration())


def test_going_beyond_is_on_record_where_somebody_else_must_approve(organization):
    rule(organization, "second")
    first = make_member(organization, "admin")
    make_member(organization, "admin")
    assert trying_it(organization, first, endpoint_configuration("https://new.example.com"))
    entry = AuditEntry.unscoped.get(action="tool.test_allowed")
    assert entry.data["hosts"] == ["new.example.com:443"]


@pytest.mark.parametrize(("beyond", "limited"), [(False, True), (True, False)])
def test_a_test_of_an_unreviewed_version_is_held_to_that_while_it_runs(
    organization, beyond, limited
):
    make_tool(organization, name="other", configuration=endpoint_configuration())
    tool = save(organization, make_member(organization, "builder"))
    row = run(tool, organization, trigger="test")
    row.beyond_review = beyond
    found = trying.limits_of(row, row.definition)
    assert (found is not None) is limited
    if found:
        assert found.hosts == {"api.example.com:443"}


def test_a_narrowed_network_lets_nothing_else_pass():
    from tools_library.engine.types import Network

    reach = trying.Reach(frozenset({"a.example.com:443", "b.example.com:443"}))
    own = Network(frozenset({"*.example.com"}), frozenset({"b.example.com"}))
    narrowed = trying.within(own, reach, "endpoint")
    assert narrowed == Network(frozenset({"a.example.com:443"}), own.deny)
    assert trying.within(Network(), trying.Reach(), "mcp").allow, "an empty list would allow all"
    assert trying.within(own, reach, "database_query") == own


def test_a_limited_run_reveals_only_approved_credentials(organization):
    for name in ("SHOP_TOKEN", "OTHER"):
        credentials.create(organization, name, f"value of {name}", by=None)
    secrets = OrganizationSecrets(organization.pk, frozenset({"SHOP_TOKEN"}))
    assert secrets.names() == {"SHOP_TOKEN"}
    assert secrets.reveal("SHOP_TOKEN") == "value of SHOP_TOKEN"
    with pytest.raises(ToolConfigurationError, match="OTHER"):
        secrets.reveal("OTHER")
