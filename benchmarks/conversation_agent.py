"""As a program: an agent and a key in the environment's database; prints its slug and the key."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from tests.factories.assistants import make_assistant  # noqa: E402
from tests.factories.organizations import make_key, make_organization  # noqa: E402

call_command("migrate", verbosity=0)
_organization = make_organization()
print(make_assistant(_organization).slug, make_key(_organization)[1])
