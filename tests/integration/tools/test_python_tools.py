"""Python tools as rows: judged at save, run in the sandbox, their errors and use on record."""

import json

import pytest

from tests.factories.tools import origin, tool_values
from tools_library.executors.python_function import config, executor
from tools_library.models import ToolExecution
from tools_library.sandbox.client import sandbox
from tools_library.services import execution
from tools_library.services.tools import save_tool
from voiceassist.foundation.errors import InvalidInput
from voiceassist.foundation.sharing import party
from voiceassist.organizations.services import credentials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

SECRET = "canary-of-the-shop-key"
CODE = """
import requests

def execute_tool(parameters, context):
    key = context["environment_variables"]["SHOP_KEY"]
    print("asking with", key)
    answer = requests.get(
        "{url}/orders", params={{"id": parameters["order_id"]}}, headers={{"X-Key": key}}
    )
    answer.raise_for_status()
    return {{"success": True, "message": "It is " + answer.json()["state"]}}
"""


@pytest.fixture(autouse=True)
def in_process(settings):
    settings.JOBS_RUNNER = "in_process"


@pytest.fixture
def save(organization):
    credentials.create(organization, "SHOP_KEY", SECRET)

    def make(code, **more):
        configuration = {
            "type": "python_function",
            "code": code,
            "allowed_imports": ["requests"],
            "environment_variables": ["SHOP_KEY"],
            **more,
        }
        values = tool_values(tool_type="python_function", configuration=configuration)
        return save_tool(organization, values, by=None)

    return make


def run(tool, organization):
    return execution.run_and_wait(tool, {"order_id": "17"}, origin(organization))


def test_code_is_judged_and_run_in_the_places_of_its_organization(save, organization, monkeypatch):
    parties = []

    class Watched:
        def validate(self, *asked):
            parties.append(("judged", party()))
            return sandbox().validate(*asked)

        def run(self, *asked, **more):
            parties.append(("run", party()))
            return sandbox().run(*asked, **more)

    monkeypatch.setattr(config, "sandbox", Watched)
    monkeypatch.setattr(executor, "sandbox", Watched)
    run(save("def execute_tool(parameters, context):\n    return 'Done.'"), organization)
    assert parties == [("judged", organization.pk), ("run", organization.pk)]


def refusals(save, code, **more):
    with pytest.raises(InvalidInput) as caught:
        save(code, **more)
    return caught.value.errors


def test_a_saved_tool_asks_its_service_with_the_organizations_key(organization, save, tool_server):
    tool_server.answer(200, {"state": "on its way"})
    row = run(save(CODE.format(url=tool_server.url)), organization)
    assert (row.status, row.error_code) == ("success", "")
    assert row.output_result["message"] == "It is on its way"
    (asked,) = tool_server.received
    assert (asked["path"], asked["headers"]["x-key"]) == ("/orders?id=17", SECRET)
    assert row.trace["stdout"] == "asking with •••\n"
    assert row.trace["usage"]["cpu_ms"] >= 0
    assert row.trace["usage"]["peak_memory_kb"] > 0
    assert SECRET not in repr(ToolExecution.unscoped.values().get())


def test_code_that_raises_is_on_record_with_its_line(organization, save, tool_server):
    tool_server.answer(500, {"state": "broken"})
    row = run(save(CODE.format(url=tool_server.url)), organization)
    assert (row.status, row.error_code) == ("error", "code_error")
    assert row.trace["error"]["line"] == 10
    assert "500 Server Error" in row.trace["error"]["message"]
    assert SECRET not in json.dumps(row.trace)


def test_code_is_judged_at_save_and_never_run(save):
    errors = refusals(save, "import os\n\nwhile True:\n    pass\n")
    told = errors["configuration.code"].splitlines()
    assert told[0].startswith("Line 1, column 1: ")
    assert any("os cannot be imported" in line for line in told)
    assert any("execute_tool(parameters, context)" in line for line in told)


def test_each_wrong_field_is_named(save):
    good = "def execute_tool(parameters, context):\n    return 'ok'\n"
    assert "configuration.memory_limit_mb" in refusals(save, good, memory_limit_mb=8)
    assert "configuration.allowed_imports" in refusals(save, good, allowed_imports=["os"])
    assert "configuration.environment_variables.0" in refusals(
        save, good, environment_variables=["NOT_STORED"]
    )
    missing = refusals(save, "import math\n" + good)
    assert "allowed_imports" in missing["configuration.code"]
