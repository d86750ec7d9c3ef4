"""The fields of each kind's configuration; imports the kinds' shapes and the fields."""

from __future__ import annotations

from typing import Any, get_args

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from tools_library.admin.fields import (
    CodeField,
    HeadersField,
    LinesField,
    PrettyJSONField,
    choice,
    number,
    switch,
    text,
)
from tools_library.admin.part import Part
from tools_library.executors.endpoint.config import Method, ResponseHandling
from tools_library.sandbox import policy
from voiceassist.assistants.admin.forms import SuggestingInput

ENDPOINT, MCP, LAMBDA = "endpoint", "mcp", "lambda"
PYTHON, DATABASE, BUILTIN = "python_function", "database_query", "builtin"
BROWSER = "frontend"

_HTTP = frozenset({ENDPOINT, MCP})
_ANSWERS = frozenset({ENDPOINT, LAMBDA})
_DEFAULTS = ResponseHandling()
_WAYS = (
    ("none", "Nothing"), ("bearer", "Bearer token"), ("api_key", "API key"),
    ("basic", "User and password"), ("oauth2", "OAuth 2 client credentials"),
    ("hmac", "Signature (HMAC)"),
)  # fmt: skip


def _credential(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        required=False,
        label=label,
        help_text=help_text or "Name of a credential, not its value.",
        widget=SuggestingInput(()),
    )


def _proof(
    name: str, field: forms.Field, *ways: str, default: Any = None, credential: bool = False
) -> Part:
    return Part(
        f"auth_{name}", f"authentication.{name}", field, default, _HTTP, ("auth_type", ways),
        credential,
    )  # fmt: skip


def _of(kind: str, name: str, field: forms.Field, path: str = "", **more: Any) -> Part:
    return Part(name, path or name, field, kinds=frozenset({kind}), **more)


def _keys(name: str, label: str) -> Part:
    return _of(
        LAMBDA, name, _credential(label), f"credentials.{name}",
        when=("aws_source", ("keys",)), credential=True,
    )  # fmt: skip


REQUEST = (
    _of(ENDPOINT, "method", forms.ChoiceField(
        required=False, choices=[(each, each) for each in get_args(Method)], initial="POST",
        widget=UnfoldAdminSelectWidget,
    )),
    Part("url", "url", text(
        "Address", "Begins with https://. After the host, ${order_id} takes an argument's value.",
    ), kinds=_HTTP),
    _of(MCP, "mcp_tool", text(
        "Tool on that server", "Its name there. It gets the arguments as they are.",
    ), "tool"),
    Part("headers", "headers", HeadersField(help_text="One per line, such as X-Source: voice"),
         kinds=_HTTP),
    _of(ENDPOINT, "envelope", choice(
        "Form of the request", (("", "As written below"), ("vapi", "Vapi's tool servers")),
        "Servers that were written for Vapi work unchanged.",
    )),
    _of(ENDPOINT, "query", PrettyJSONField(
        label="Query", rows=3,
        help_text='JSON object, such as {"q": "${query}"}. Empty: a GET or DELETE sends the '
        "arguments that its address does not use.",
    )),
    _of(ENDPOINT, "body_type", choice(
        "Body is sent as", (("json", "JSON"), ("form", "Form"), ("text", "Text")),
    ), default="json"),
    _of(ENDPOINT, "body", PrettyJSONField(
        label="Body",
        help_text='JSON with ${name} where values go; "${parameters}" is all arguments. '
        "Empty: a POST, PUT or PATCH sends the arguments.",
    ), "request_body_template"),
)  # fmt: skip

PROOF = (
    Part("auth_type", "authentication.type", choice("It proves itself by", _WAYS),
         "none", _HTTP),
    _proof("token_field", _credential("Token"), "bearer", "api_key", credential=True),
    _proof("username_field", _credential("User"), "basic", credential=True),
    _proof("password_field", _credential("Password"), "basic", credential=True),
    _proof("token_url", text("Where tokens are bought", "Begins with https://."), "oauth2"),
    _proof("client_id_field", _credential("Client id"), "oauth2", credential=True),
    _proof("client_secret_field", _credential("Client secret"), "oauth2", credential=True),
    _proof("client_authentication", choice(
        "Id and secret go", (("", "As usual"), ("header", "In a header"), ("form", "In the form")),
    ), "oauth2"),
    _proof("scope", text("Scope"), "oauth2"),
    _proof("audience", text("Audience"), "oauth2"),
    _proof("secret_field", _credential("Signing secret"), "hmac", credential=True),
    _proof("algorithm", choice(
        "Algorithm", (("", "SHA-256"), ("sha512", "SHA-512"), ("sha256", "SHA-256, written out")),
    ), "hmac"),
    _proof("header_name", text("Header", "Empty: the usual one."), "bearer", "api_key", "hmac"),
    _proof("query_name", text("Or in the query as"), "api_key"),
    _proof("timestamp_header_name", text("Header of the time", "", "X-Timestamp"), "hmac"),
)  # fmt: skip

CODE = (
    _of(PYTHON, "code", CodeField(
        label="Code",
        help_text="Defines execute_tool(parameters, context). Tab writes four spaces; press "
        "Escape, then Tab, to leave the field.",
    )),
    _of(PYTHON, "allowed_imports", LinesField(
        label="Modules it may import",
        help_text=f"One per line, of: {', '.join(sorted(policy.IMPORTABLE))}.",
    )),
    _of(PYTHON, "environment_variables", LinesField(
        label="Credentials it may read",
        help_text="One name per line; the code finds the values in "
        'context["environment_variables"].',
    )),
    _of(PYTHON, "allowed_hosts", LinesField(
        label="Hosts it may reach",
        help_text="One per line, such as api.example.com. Empty: every public one that the "
        "organization allows.",
    )),
    _of(PYTHON, "memory_limit_mb", number("Memory, MB", "16 to 512."), default=128),
)  # fmt: skip

FUNCTION = (
    _of(LAMBDA, "function_name", forms.CharField(
        required=False, label="Function", help_text="Its name or ARN.", widget=SuggestingInput(()),
    )),
    _of(LAMBDA, "aws_region", text("Region", "", "eu-central-1")),
    _of(LAMBDA, "invocation_type", choice(
        "Invocation", (("RequestResponse", "Wait for its answer"), ("Event", "Only hand it over")),
    ), default="RequestResponse"),
    _of(LAMBDA, "payload", PrettyJSONField(
        label="Event",
        help_text="JSON with ${name} where values go. Empty: the function gets the arguments.",
    ), "payload_template", default="${parameters}"),
    _of(LAMBDA, "aws_source", choice(
        "AWS keys", (("keys", "From credentials"), ("host", "This server's own")),
    ), "credentials.source", default="keys"),
    _keys("access_key_field", "Access key id"),
    _keys("secret_key_field", "Secret access key"),
    _keys("session_token_field", "Session token"),
    _of(LAMBDA, "role_arn", text("Role", "ARN of a role to take first."), "credentials.role_arn"),
    _of(LAMBDA, "external_id", text("External id", "With a role and your own keys."),
        "credentials.external_id"),
)  # fmt: skip

QUERY = (
    _of(DATABASE, "dsn_credential", _credential(
        "Database", "Name of the credential that holds its address: "
        "postgresql://user:password@host:5432/name.",
    ), credential=True),
    _of(DATABASE, "sql", forms.CharField(
        required=False, label="Query", widget=CodeField(rows=6).widget,
        help_text="One SELECT. Values come in as %(name)s, never as text.",
    ), "query"),
    _of(DATABASE, "sql_parameters", PrettyJSONField(
        label="Values", rows=3,
        help_text='What stands for each %(name)s, such as {"id": "${order_id}"}.',
    ), "parameters"),
    _of(DATABASE, "row_limit", number("Rows at most"), default=50),
)  # fmt: skip

WHOSE = (
    _of(BROWSER, "everywhere", switch(
        "Every assistant has it", "In chats. Off: only the assistants that it is given to.",
    ), default=False),
)  # fmt: skip

PAGE = (
    _of(BROWSER, "requires_user_interaction", switch(
        "A person acts", "While off, one open page carries it out by itself, such as a notice.",
    ), default=False),
    _of(BROWSER, "metadata", PrettyJSONField(
        label="Notes for the page", rows=3,
        help_text='JSON object that pages get with the tool, such as {"category": "shop"}.',
    )),
)  # fmt: skip

BUILTINS = (
    _of(BUILTIN, "builtin", choice("Which one", (("", "–"),))),
)  # fmt: skip

ANSWER = (
    Part("success_field", "response_handling.success_field", text(
        "Worked", "Where the answer's JSON says true or false.", _DEFAULTS.success_field,
    ), kinds=_ANSWERS),
    Part("message_field", "response_handling.message_field", text(
        "Message", "Where it holds the sentence for the assistant.", _DEFAULTS.message_field,
    ), kinds=_ANSWERS),
    Part("data_field", "response_handling.data_field", text(
        "Data", "Where it holds everything else.", _DEFAULTS.data_field,
    ), kinds=_ANSWERS),
)  # fmt: skip

RUNS = (*REQUEST, *PROOF, *CODE, *FUNCTION, *QUERY, *BUILTINS)
PARTS = (*RUNS, *WHOSE, *PAGE, *ANSWER)
FURTHER = "further"
"""The field for everything that has none of its own, as JSON."""


def parts_of(kind: str) -> tuple[Part, ...]:
    """Return the parts that a kind may have."""
    return tuple(part for part in PARTS if not part.kinds or kind in part.kinds)
