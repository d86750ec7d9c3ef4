"""Endpoint tools without a network: what is sent, what becomes of answers, nothing secret told."""

import json
from base64 import b64encode
from unittest.mock import patch
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools_library.engine.deadline import SystemClock
from tools_library.engine.engine import run
from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.model_output import output_for_model
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.types import Network, ToolCall, ToolSpec
from tools_library.executors.endpoint.building import build
from tools_library.executors.endpoint.config import EndpointConfig
from tools_library.executors.endpoint.executor import EndpointExecutor
from voiceassist.foundation import outbound

URL = "https://api.example.com/orders"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "array"}}}


def spec_of(side_effect="read", retries=0, **configuration):
    stored = {"url": URL, **configuration}
    return ToolSpec("t", "endpoint", stored, SCHEMA, side_effect, retries)


def built(arguments=None, secrets=None, side_effect="read", **configuration):
    spec = spec_of(side_effect, **configuration)
    call = ToolCall("run-1", arguments or {}, {"call_sid": "CA1"}, 5.0, FixedSecrets(secrets))
    return build(EndpointConfig.model_validate(spec.configuration), spec, call)


def sent_with(answer, secrets=None, arguments=None, network=None, **configuration):
    """Run with a door that calls `answer(method, url, **options)`; return outcome and requests."""
    requests = []

    def door(method, url, **options):
        requests.append({"method": method, "url": url, **options})
        return answer(method, url, **options)

    call = ToolCall(
        "run-1", arguments or {}, {"organization_id": 1}, 5.0, FixedSecrets(secrets),
        network or Network(),
    )  # fmt: skip
    with patch.object(outbound, "request", door):
        outcome = run(spec_of(**configuration), call, EndpointExecutor(), SystemClock())
    return outcome, requests


def ok(
    body=b'{"success": true, "message": "done"}', status=200, kind="application/json", **headers
):
    def answer(method, url, **options):
        return outbound.OutboundResponse(status, {"content-type": kind, **headers}, body, 1, url)

    return answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_sends_the_arguments_where_it_carries_them(method):
    request = built({"a": "x y"}, method=method.lower())
    assert request.method == method
    if method in ("GET", "DELETE"):
        assert request.body is None and request.url == f"{URL}?a=x+y"
        assert "Content-Type" not in request.headers
    else:
        assert json.loads(request.body) == {"a": "x y"} and request.url == URL
        assert request.headers["Content-Type"] == "application/json"


def test_a_form_has_a_pair_for_each_item():
    request = built({"a": "ä&=", "n": ["1", None, 2]}, body_type="form")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [("a", "ä&="), ("n", "1"), ("n", "2")]
    template = {"who": "${call_sid}", "what": "${a}"}
    request = built({"a": "b"}, body_type="form", request_body_template=template)
    assert request.body == b"who=CA1&what=b"
    request = built({"a": "b"}, body_type="form", request_body_template="${parameters}")
    assert request.body == b"a=b"
    with pytest.raises(ToolConfigurationError, match="form"):
        built({"a": "b"}, body_type="form", request_body_template="${a}")


def test_a_text_is_sent_as_it_is_filled():
    request = built({"a": "ü"}, body_type="text", request_body_template="<o>${a} ${KEY}</o>",
                    secrets={"KEY": "key-value"})  # fmt: skip
    assert request.body == "<o>ü key-value</o>".encode()
    assert request.headers["Content-Type"] == "text/plain; charset=utf-8"
    own = built(
        body_type="text", request_body_template="<o/>", headers={"content-type": "text/xml"}
    )
    assert own.headers["content-type"] == "text/xml" and "Content-Type" not in own.headers


def test_credentials_are_filled_in_wherever_templates_stand():
    request = built(
        {"a": "b"}, secrets={"KEY": "k/1"}, method="POST", url=f"{URL}/${{KEY}}",
        query={"k": "${KEY}"}, headers={"X-Key": "Key ${KEY}"},
        request_body_template={"deep": ["${KEY}", "${a}"]},
    )  # fmt: skip
    assert urlsplit(request.url).path == "/orders/k%2F1" and request.url.endswith("?k=k%2F1")
    assert request.headers["X-Key"] == "Key k/1"
    assert json.loads(request.body) == {"deep": ["k/1", "b"]}


def test_a_write_carries_its_runs_id_and_a_read_does_not():
    assert built(side_effect="write").headers["Idempotency-Key"] == "run-1"
    assert "Idempotency-Key" not in built().headers


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body_type": "xml"}, "body_type"),
        ({"body_type": "text", "request_body_template": {}}, "request_body_template"),
        ({"body_type": "form", "request_body_template": []}, "request_body_template"),
        ({"body_type": "form", "request_body_template": "a=b"}, "request_body_template"),
        ({"request_body_template": "a ${b}"}, "request_body_template"),
        ({"request_body_template": 7}, "request_body_template"),
        ({"envelope": "vapi", "method": "GET"}, "envelope"),
        ({"envelope": "vapi", "body_type": "form"}, "body_type"),
        ({"envelope": "vapi", "request_body_template": {}}, "request_body_template"),
        ({"envelope": "other"}, "envelope"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"follow_redirects": "maybe"}, "follow_redirects"),
        ({"response_handling": {"success_values": []}}, "response_handling.success_values"),
        ({"response_handling": {"success_values": [{}]}}, "response_handling.success_values"),
        ({"authentication": {"type": "bearer"}}, "authentication.token_field"),
    ],
)
def test_each_fault_is_told_at_its_field(values, field):
    with pytest.raises(ValidationError) as caught:
        EndpointConfig.model_validate({"url": URL, **values})
    assert [".".join(map(str, each["loc"])) for each in caught.value.errors()] == [field]


def test_faults_beyond_the_shape_are_told_at_their_field():
    names = {"client_id_field": "ID", "client_secret_field": "SECRET"}
    login = {"type": "oauth2", "token_url": "https://127.0.0.1/token", **names}
    config = EndpointConfig(url=URL, authentication=login, body_type="text")
    assert set(config.problems()) == {"authentication.token_url", "request_body_template"}
    assert config.secret_names == {
        "authentication.client_id_field": "ID", "authentication.client_secret_field": "SECRET",
    }  # fmt: skip


def test_the_line_is_as_configured():
    network = Network(frozenset({"api.example.com"}), frozenset({"*.example.org"}))
    _, (request,) = sent_with(ok(), network=network, connect_timeout=0.5, follow_redirects=True)
    assert request["connect_timeout"] == 0.5 and request["redirects"] == 3
    assert request["rules"] == outbound.Rules(network.allow, network.deny)
    _, (request,) = sent_with(ok())
    assert (request["connect_timeout"], request["redirects"], request["rules"]) == (None, 0, None)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_faults_say_when_to_come_back(status):
    answers = [ok(b"", status, **{"retry-after": "0"}), ok()]
    outcome, requests = sent_with(
        lambda *a, **o: answers.pop(0)(*a, **o), side_effect="idempotent", retries=1
    )
    assert outcome.status == "success" and outcome.retry_count == 1
    keys = [each["headers"]["Idempotency-Key"] for each in requests]
    assert keys == ["run-1", "run-1"]


@pytest.mark.parametrize("text", ["86400", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_service_that_wants_a_long_rest_is_left_alone(text):
    outcome, requests = sent_with(ok(b"", 503, **{"retry-after": text}), retries=5)
    assert outcome.error_code == "bad_status" and len(requests) == 1


@pytest.mark.parametrize("text", ["", "soon", "-1", "9" * 30])
def test_a_rest_that_cannot_be_read_is_none(text):
    answers = [ok(b"", 503, **{"retry-after": text}), ok()]
    outcome, _ = sent_with(lambda *a, **o: answers.pop(0)(*a, **o), retries=1)
    assert outcome.status == "success"


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_the_envelope_counts_whatever_the_status(status):
    body = json.dumps({"results": [{"toolCallId": "run-1", "result": "fine"}]}).encode()
    outcome, (request,) = sent_with(ok(body, status), envelope="vapi")
    assert outcome.output == {"success": True, "message": "fine"}
    assert bool(outcome.trace["warnings"]) is (status != 200)
    assert json.loads(request["body"])["message"]["toolCallList"][0]["id"] == "run-1"


def test_a_bad_status_without_the_envelope_stays_one():
    outcome, _ = sent_with(ok(b'{"message": "no"}', 500), envelope="vapi")
    assert outcome.error_code == "bad_status" and "500: no" in outcome.public_message
    outcome, _ = sent_with(ok(b"plain text"), envelope="vapi")
    assert outcome.error_code == "bad_response"


LOGIN = {"token_url": "https://login.example.com/t", "client_id_field": "K1",
         "client_secret_field": "K2"}  # fmt: skip
WAYS = st.sampled_from([
    {"type": "none"},
    {"type": "bearer", "token_field": "K1"},
    {"type": "api_key", "token_field": "K1"},
    {"type": "api_key", "token_field": "K1", "query_name": "key"},
    {"type": "basic", "username_field": "K1", "password_field": "K2"},
    {"type": "hmac", "secret_field": "K1"},
    {"type": "oauth2", **LOGIN},
    {"type": "oauth2", "client_authentication": "form", **LOGIN},
])  # fmt: skip
PLACES = st.fixed_dictionaries({
    "url": st.sampled_from([URL, f"{URL}/${{K3}}", f"{URL}?x=${{K3}}&y=${{K2}}"]),
    "query": st.sampled_from([None, {"k": "a ${K2}"}, {"${K3}": "1"}]),
    "headers": st.sampled_from([{}, {"X-A": "pre${K3}post"}, {"Authorization": "Bearer ${K2}"}]),
    "body": st.sampled_from([
        {}, {"request_body_template": {"${K3}": ["${K1}", "x${K2}y"]}},
        {"body_type": "form", "request_body_template": {"k": "${K3}"}},
        {"body_type": "text", "request_body_template": "<${K1}>"},
    ]),
    "authentication": WAYS,
})  # fmt: skip
# The marks at both ends tell apart what is left of a secret, in whatever form, from all else.
VALUE = st.text(st.sampled_from(list("aZ09/+%&=?#\"\\<>'é;: ")), max_size=20).map(
    lambda text: f"Zk9Q{text}Q9kZ"
)


def strings(value):
    """Yield every text in a value."""
    if isinstance(value, dict):
        yield from strings([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


@given(
    values=st.lists(VALUE, min_size=3, max_size=3, unique=True),
    places=PLACES,
    how=st.sampled_from(["echo", "text", "page", "status", "garbage", "lost"]),
    pad=st.integers(0, 400),
)
def test_no_credential_is_in_anything_a_run_leaves_behind(values, places, how, pad):
    secrets = dict(zip(("K1", "K2", "K3"), values, strict=True))

    def answer(method, url, **options):
        if url.startswith("https://login"):
            body = json.dumps({"access_token": "Zk9Q-bought"}).encode()
            return outbound.OutboundResponse(200, {}, body, 1, url)
        body = (options["body"] or b"").decode()
        everything = {"url": url, "headers": dict(options["headers"]), "body": body}
        everything["success"] = how != "echo" or pad % 2 == 0
        if how == "lost":
            raise outbound.OutboundFailed("The connection to api.example.com broke.")
        text = json.dumps({"pad": "x" * pad, "message": f"{url} {body}", **everything},
                          ensure_ascii=pad % 3 == 0)  # fmt: skip
        text = {"page": f"<html>{text}", "garbage": text[:-1]}.get(how, text)
        kind = "text/plain" if how == "text" else "application/json"
        echoed = {"content-type": kind, "x-echo": json.dumps(everything)}
        status = 422 if how == "status" else 200
        return outbound.OutboundResponse(status, echoed, text.encode(), 1, url)

    body = places.pop("body")
    outcome, requests = sent_with(answer, secrets, {"a": "b"}, **places, **body)
    left = [
        *strings([outcome.output, outcome.trace, outcome.public_message, outcome.detail]),
        repr(outcome), output_for_model(outcome),
    ]  # fmt: skip
    proofs = [f"{values[0]}:{values[1]}", f"{quote_plus(values[0])}:{quote_plus(values[1])}"]
    told = ["Zk9Q", "Q9kZ", *(b64encode(each.encode()).decode() for each in proofs)]
    assert not [(each, text) for text in left for each in told if each in text]
    assert requests or outcome.error_code
