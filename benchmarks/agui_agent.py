"""As a program: an agent for the AG-UI check in the environment's database; prints slug and key."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from tests.factories.assistants import make_assistant  # noqa: E402
from tests.factories.conversations import NOTIFY, give_browser_tool  # noqa: E402
from tests.factories.organizations import make_key, make_organization  # noqa: E402
from tests.factories.tools import assign, endpoint_configuration, make_tool  # noqa: E402

call_command("migrate", verbosity=0)
_organization = make_organization()
_assistant = make_assistant(_organization)
give_browser_tool(_assistant, "show_notification", function_definition=NOTIFY)
_tool = make_tool(
    _organization,
    side_effect="write",
    require_confirmation=True,
    configuration=endpoint_configuration(
        f"{sys.argv[1]}/tools/orders/lookup", request_body_template="${parameters}"
    ),
)
assign(_assistant, _tool)
print(_assistant.slug, make_key(_organization)[1])
