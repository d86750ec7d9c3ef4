"""Made-up requests after the schema, against a live server: none is a server error."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import not_a_server_error

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_credential, make_key, make_organization
from tests.factories.tools import make_tool
from tests.services.application import served
from tools_library.api.throttling import TrialsThrottle

pytestmark = [pytest.mark.django_db(transaction=True)]
OURS = r"^/api/(organization/(tools|approvals|grants)|tools/|tool-templates|assistants/)"
EXAMPLES = 8


@pytest.fixture
def live():
    """The whole application on a port of its own."""
    with served() as url:
        yield url


def schema_of_tools():
    from drf_spectacular.generators import SchemaGenerator

    whole = SchemaGenerator().get_schema(request=None, public=True)
    return schemathesis.openapi.from_dict(whole).include(path_regex=OURS)


def test_no_made_up_request_is_a_server_error(live, monkeypatch, settings):
    monkeypatch.setattr(TrialsThrottle, "rate", "100000/min")
    settings.JOBS_RUNNER = "in_process"
    organization = make_organization()
    make_credential(organization)
    ids = {
        "tool_id": make_tool(organization).pk,
        "template_id": make_tool(organization, name="t", is_template=True).pk,
        "assistant_id": make_assistant(organization).pk,
    }
    key = make_key(organization, "admin")[1]
    asked = {}

    def ask(operation):
        @bounds(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case):
            case.path_parameters.update({n: ids[n] for n in ids if n in case.path_parameters})
            answer = case.call(base_url=live, headers={"Authorization": f"Bearer {key}"})
            said = operation.definition.raw["responses"]
            if answer.status_code != 503 or "503" not in said:  # such as a server that is away
                case.validate_response(answer, checks=(not_a_server_error,))
            assert answer.status_code not in (301, 302, 307, 308)
            if answer.status_code >= 400:
                kind = answer.headers["content-type"][0]
                assert kind.startswith("application/problem+json"), (case.path, answer.text[:300])
            asked.setdefault(operation.label, set()).add(answer.status_code)

        run()

    operations = [result.ok() for result in schema_of_tools().get_all_operations()]
    for operation in sorted(operations, key=lambda each: each.method.lower() == "delete"):
        ask(operation)  # what deletes comes last
    assert len(asked) >= 25, asked
    assert {200, 400} <= set().union(*asked.values()), asked
