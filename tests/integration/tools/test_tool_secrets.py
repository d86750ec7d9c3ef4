"""What a run may see of its organization's credentials, and which tools use one."""

import pytest
from cryptography.fernet import Fernet
from django.apps import apps

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_credential, make_member, make_organization
from tests.factories.tools import assign, endpoint_configuration, make_tool, origin, tool_values
from tools_library.approvals import reviews
from tools_library.engine.errors import ToolConfigurationError
from tools_library.models import ToolExecution, ToolReview
from tools_library.services import callbacks, execution, queues
from tools_library.services.secrets import OrganizationSecrets
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Credential
from voiceassist.organizations.services import credentials, key_rotation

pytestmark = pytest.mark.django_db

FIRST, SECOND = (Fernet.generate_key().decode() for _ in range(2))


def test_a_run_sees_the_credentials_of_its_own_organization_only():
    ours, theirs = make_organization("Ours"), make_organization("Theirs")
    credentials.create(ours, "SHOP_TOKEN", "our-secret")
    credentials.create(theirs, "OTHER_TOKEN", "their-secret")
    secrets = OrganizationSecrets(ours.pk)
    assert secrets.names() == {"SHOP_TOKEN"}
    assert secrets.reveal("SHOP_TOKEN") == "our-secret"
    with pytest.raises(ToolConfigurationError, match="OTHER_TOKEN"):
        secrets.reveal("OTHER_TOKEN")


def test_a_value_that_no_key_opens_is_said_without_showing_it():
    organization = make_organization()
    credentials.create(organization, "SHOP_TOKEN", "our-secret")
    Credential.unscoped.update(encrypted_value="gAAAAA-not-ours")
    with pytest.raises(ToolConfigurationError, match="enter its value again"):
        OrganizationSecrets(organization.pk).reveal("SHOP_TOKEN")


@pytest.mark.parametrize(
    "configuration",
    [
        endpoint_configuration(headers={"X-Key": "key ${SHOP_TOKEN}"}),
        endpoint_configuration(authentication={"type": "bearer", "token_field": "SHOP_TOKEN"}),
        endpoint_configuration("https://api.example.com/orders?key=${SHOP_TOKEN}"),
        endpoint_configuration(request_body_template={"${SHOP_TOKEN}": 1}),
        endpoint_configuration(
            headers={"X-Key": "key ${SHOP_TOKEN}"},
            response_handling={"success_values": ["${"]},
        ),
    ],
    ids=["template", "field", "address", "key", "beside what is no template"],
)
def test_a_credential_that_a_tool_names_is_kept_until_the_tool_goes(configuration):
    organization = make_organization()
    credential = credentials.create(organization, "SHOP_TOKEN", "our-secret")
    tool = make_tool(organization, configuration=configuration)
    with pytest.raises(credentials.CredentialInUse, match="Look up an order"):
        credentials.delete(credential)
    archive_tool(tool)
    credentials.delete(credential)
    assert not Credential.objects.of(organization).exists()


def test_an_assistant_may_name_another_credential():
    organization = make_organization()
    for name in ("SHOP_TOKEN", "BRANCH_TOKEN"):
        credentials.create(organization, name, "secret-of-ours")
    bearer = {"type": "bearer", "token_field": "SHOP_TOKEN"}
    tool = make_tool(organization, configuration=endpoint_configuration(authentication=bearer))
    other = {"authentication": {"token_field": "BRANCH_TOKEN"}}
    assign(make_assistant(organization), tool, custom_configuration=other)
    found = credentials.dependents(organization.pk, "BRANCH_TOKEN")
    assert [(each.kind, each.id) for each in found] == [("tool", tool.pk)]


def bearer(token_field):
    authentication = {"type": "bearer", "token_field": token_field}
    return endpoint_configuration(authentication=authentication)


@pytest.fixture
def moved(monkeypatch):
    """Return an organization, its tool that named OLD_TOKEN, and how to let it name NEW_TOKEN."""
    monkeypatch.setattr(queues, "enqueue", lambda *args, queue=None: None)
    organization = make_organization()
    for name in ("OLD_TOKEN", "NEW_TOKEN"):
        credentials.create(organization, name, "secret-of-ours")
    tool = make_tool(organization, configuration=bearer("OLD_TOKEN"))

    def move(by=None):
        save_tool(organization, {"configuration": bearer("NEW_TOKEN")}, by=by, tool=tool)

    return organization, tool, move


def kept(organization, words):
    """Assert that OLD_TOKEN is kept, for the reason given."""
    with pytest.raises(credentials.CredentialInUse, match=words):
        credentials.delete(Credential.objects.of(organization).get(name="OLD_TOKEN"))
    assert len(credentials.dependents(organization.pk, "OLD_TOKEN")) == 1
    return True


def let_go(organization):
    """Assert that OLD_TOKEN can be deleted."""
    credentials.delete(Credential.objects.of(organization).get(name="OLD_TOKEN"))
    return credentials.names(organization.pk) == {"NEW_TOKEN"}


def test_a_credential_of_a_pinned_version_is_kept_until_the_pin_goes(moved):
    organization, tool, move = moved
    row = assign(make_assistant(organization), tool, pinned_version="1.0.0")
    move()
    assert kept(organization, r"Look up an order \(version 1\.0\.0, which is still in use\)")
    assign(row.assistant, tool, pinned_version="")
    assert let_go(organization)


@pytest.mark.parametrize("configured", [None, {}, {"headers": {"X-Branch": "2"}}],
                         ids=["not assigned", "as it is", "configured"])  # fmt: skip
def test_a_credential_of_the_last_approved_version_is_kept_until_the_next(moved, configured):
    organization, tool, move = moved
    if configured is not None:
        assign(make_assistant(organization), tool, custom_configuration=configured)
    move(by=make_member(organization, "builder"))
    assert kept(organization, "which is still in use")
    admin = make_member(organization, "admin")
    for review in ToolReview.unscoped.filter(status="pending"):
        reviews.decide(review, "approve", by=admin)
    assert let_go(organization)


def test_a_credential_of_an_open_run_is_kept_until_it_ends(moved):
    organization, tool, move = moved
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    move()
    assert row.status == "queued" and kept(organization, "of which a run is open")
    ToolExecution.unscoped.update(status="success")
    assert let_go(organization)


def test_a_missing_credential_is_named_at_save():
    bearer = {"type": "bearer", "token_field": "SHOP_TOKEN"}
    values = tool_values(configuration=endpoint_configuration(authentication=bearer))
    with pytest.raises(InvalidInput) as refused:
        save_tool(make_organization(), values, by=None)
    assert "SHOP_TOKEN" in refused.value.errors["configuration.authentication.token_field"]


def test_an_argument_cannot_be_called_like_a_credential():
    organization = make_organization()
    make_credential(organization, name="order_id")
    with pytest.raises(InvalidInput) as refused:
        make_tool(organization)
    assert list(refused.value.errors) == [
        "function_definition.function.parameters.properties.order_id"
    ]


@pytest.fixture
def waiting(monkeypatch, settings):
    """Return an async run that keeps what it made of credentials, under the key of then."""
    monkeypatch.setattr(queues, "enqueue", lambda *args, queue=None: None)
    settings.CREDENTIALS_KEYS = [FIRST]
    organization = make_organization()
    tool = make_tool(
        organization,
        name="later",
        behaviour={"execution_mode": "async"},
        configuration=endpoint_configuration(query={"to": "${callback_url}"}),
    )
    row = execution.request(tool, {"order_id": "7"}, origin(organization))
    ToolExecution.unscoped.filter(pk=row.pk).update(status="running")
    callbacks.KeptSecrets(row).hide("token-that-was-bought")
    return row


def report(row):
    said = {"success": True, "message": "done with token-that-was-bought"}
    callbacks.receive(row.execution_id, callbacks.signature(row.execution_id), said)
    row.refresh_from_db()
    return row.status, row.message


def test_an_open_run_ends_after_the_keys_were_rotated_and_the_old_one_is_gone(waiting, settings):
    settings.CREDENTIALS_KEYS = [SECOND, FIRST]
    assert key_rotation.rotate_all().unreadable == []
    settings.CREDENTIALS_KEYS = [SECOND]
    assert report(waiting) == ("success", "done with •••")


def test_an_open_run_ends_where_what_it_kept_cannot_be_read(waiting, settings):
    settings.CREDENTIALS_KEYS = [SECOND]
    named = f"run {waiting.execution_id}"
    assert any(named in each for each in key_rotation.rotate_all().unreadable)
    assert report(waiting)[0] == "success"


def test_every_encrypted_column_is_rotated():
    encrypted = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name.startswith("encrypted")
    }
    assert encrypted == set(key_rotation.columns()) and len(encrypted) == 2
