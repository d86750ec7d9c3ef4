"""What a run may see of its organization's credentials, and which tools use one."""

import pytest

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_credential, make_organization
from tests.factories.tools import assign, endpoint_configuration, make_tool, tool_values
from tools_library.engine.errors import ToolConfigurationError
from tools_library.services.secrets import OrganizationSecrets
from tools_library.services.tools import archive_tool, save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import Credential
from voiceassist.organizations.services import credentials

pytestmark = pytest.mark.django_db


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
    ],
    ids=["template", "field", "address"],
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
