"""Proofs of who sends a request: what is sent, what is refused at save, what stays hidden."""

import base64
import hashlib
import hmac

import pytest
from pydantic import ValidationError

from tools_library.engine.errors import ToolConfigurationError
from tools_library.engine.secrets import FixedSecrets
from tools_library.executors.authentication import Authentication, Request, apply

VALUES = {"KEY": "k3y-of-value/+", "USER": "anna", "PASSWORD": "pässwörd:1", "BROKEN": "a\nb-long"}
REQUEST = Request("POST", "https://api.example.com/a?b=1", {"authorization": "own"}, b'{"a": 1}')


def proven(request=REQUEST, token="", now=0.0, **authentication):
    secrets = FixedSecrets(VALUES)
    result = apply(Authentication(**authentication), request, secrets, token=token, now=now)
    return result, secrets


def test_without_authentication_nothing_changes():
    assert proven()[0] is REQUEST


def test_bearer_replaces_a_header_of_any_spelling():
    sent, _ = proven(type="bearer", token_field="KEY")
    assert sent.headers == {"Authorization": "Bearer k3y-of-value/+"}
    sent, _ = proven(type="bearer", token_field="KEY", header_name="X-Auth")
    assert sent.headers == {"authorization": "own", "X-Auth": "Bearer k3y-of-value/+"}


def test_a_key_goes_into_a_header_or_the_query():
    assert proven(type="api_key", token_field="KEY")[0].headers["X-API-Key"] == VALUES["KEY"]
    vapi = proven(type="api_key", token_field="KEY", header_name="X-Vapi-Secret")[0]
    assert vapi.headers["X-Vapi-Secret"] == VALUES["KEY"]
    sent = proven(type="api_key", token_field="KEY", query_name="api key")[0]
    assert sent.url == "https://api.example.com/a?b=1&api+key=k3y-of-value%2F%2B"
    bare = Request("GET", "https://api.example.com/a#part", {})
    sent = proven(bare, type="api_key", token_field="KEY", query_name="k")[0]
    assert sent.url == "https://api.example.com/a?k=k3y-of-value%2F%2B"


def test_basic_is_user_and_password():
    sent, secrets = proven(type="basic", username_field="USER", password_field="PASSWORD")
    kind, _, pair = sent.headers["Authorization"].partition(" ")
    assert kind == "Basic" and base64.b64decode(pair).decode() == "anna:pässwörd:1"
    assert pair not in secrets.mask(f"it was {pair}") and "anna" not in secrets.mask("anna")


def test_a_bought_token_is_a_bearer_and_hidden():
    names = {"client_id_field": "USER", "client_secret_field": "PASSWORD"}
    sent, secrets = proven(
        type="oauth2", token="tok-1234", token_url="https://a.example/token", **names
    )
    assert sent.headers == {"Authorization": "Bearer tok-1234"}
    assert secrets.mask("tok-1234") == "•••"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", None])
def test_a_signature_covers_timestamp_and_body(algorithm):
    sent, secrets = proven(
        type="hmac", secret_field="KEY", algorithm=algorithm, now=1_700_000_000.9
    )
    assert sent.headers["X-Timestamp"] == "1700000000"
    digest = getattr(hashlib, algorithm or "sha256")
    key, message = VALUES["KEY"].encode(), b'1700000000.{"a": 1}'
    assert sent.headers["X-Signature"] == hmac.new(key, message, digest).hexdigest()
    assert sent.headers["X-Signature"] not in secrets.mask(str(sent.headers))


def test_a_signature_without_a_body_and_under_other_names():
    sent, _ = proven(
        Request("GET", "https://api.example.com/", {}), type="hmac", secret_field="KEY",
        header_name="X-Sig", timestamp_header_name="X-At", now=5,
    )  # fmt: skip
    wanted = hmac.new(VALUES["KEY"].encode(), b"5.", hashlib.sha256).hexdigest()
    assert sent.headers == {"X-At": "5", "X-Sig": wanted}


def test_what_a_header_cannot_carry_is_said_without_its_value():
    with pytest.raises(ToolConfigurationError, match="BROKEN") as caught:
        proven(type="bearer", token_field="BROKEN")
    assert "long" not in str(caught.value)


def test_a_missing_credential_names_itself():
    with pytest.raises(ToolConfigurationError, match="NOBODY"):
        proven(type="bearer", token_field="NOBODY")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"type": "magic"}, "type"),
        ({"type": "bearer"}, "token_field"),
        ({"type": "bearer", "token_field": ""}, "token_field"),
        ({"type": "bearer", "token_field": "two words"}, "token_field"),
        ({"type": "none", "token_field": "KEY"}, "token_field"),
        ({"type": "bearer", "token_field": "KEY", "query_name": "q"}, "query_name"),
        ({"type": "api_key", "token_field": "KEY", "header_name": "H", "query_name": "q"},
         "query_name"),
        ({"type": "api_key", "token_field": "KEY", "header_name": "Host"}, "header_name"),
        ({"type": "api_key", "token_field": "KEY", "header_name": "a b"}, "header_name"),
        ({"type": "basic", "username_field": "USER"}, "password_field"),
        ({"type": "oauth2", "client_id_field": "USER", "client_secret_field": "KEY"}, "token_url"),
        ({"type": "oauth2", "token_url": "ftp://a.example", "client_id_field": "USER",
          "client_secret_field": "KEY"}, "token_url"),
        ({"type": "oauth2", "token_url": "https://a.example/${a}", "client_id_field": "USER",
          "client_secret_field": "KEY"}, "token_url"),
        ({"type": "hmac"}, "secret_field"),
        ({"type": "hmac", "secret_field": "KEY", "algorithm": "md5"}, "algorithm"),
        ({"type": "none", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_each_fault_is_told_at_its_field(values, field):
    with pytest.raises(ValidationError) as caught:
        Authentication.model_validate(values)
    assert [".".join(map(str, each["loc"])) for each in caught.value.errors()] == [field]


def test_it_names_the_credentials_it_uses():
    used = Authentication(type="basic", username_field="USER", password_field="PASSWORD")
    assert used.secret_names == {"username_field": "USER", "password_field": "PASSWORD"}
    assert Authentication(type="none", header_name="").secret_names == {}
