"""What leaves the tool or comes into it: JSON, hashes, addresses, requests."""

from tests.security.sandbox.snippets import Snippet, body

SNIPPETS = [
    Snippet(
        "the specification's example",
        """
def execute_tool(parameters, context):
    # User defined code
    result = parameters.get('query', 'default')
    return {'message': f'Processed: {result}', 'success': True}
""",
        {"message": "Processed: shoes", "success": True},
        {"query": "shoes"},
    ),
    Snippet(
        "json both ways",
        """
import json

def execute_tool(parameters, context):
    data = json.loads(parameters["text"])
    data["list"].append(None)
    return json.dumps(data, sort_keys=True, ensure_ascii=False)
""",
        '{"list": [1, 2.5, null], "ñ": true}',
        {"text": '{"ñ": true, "list": [1, 2.5]}'},
    ),
    Snippet(
        "json that is broken",
        """
import json

def execute_tool(parameters, context):
    try:
        return json.loads(parameters["text"])
    except json.JSONDecodeError as error:
        return {"success": False, "message": f"line {error.lineno}: {error.msg}"}
""",
        {"success": False, "message": "line 1: Expecting value"},
        {"text": "nope"},
    ),
    Snippet(
        "json with default",
        """
import datetime, json

def execute_tool(parameters, context):
    return json.dumps({"when": datetime.date(2024, 1, 2)}, default=str)
""",
        '{"when": "2024-01-02"}',
    ),
    Snippet(
        "uuid",
        """
import uuid
from uuid import uuid4

def execute_tool(parameters, context):
    one, two = uuid4(), uuid.uuid4()
    fixed = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.com/")
    return [one != two, len(str(one)), one.version, str(fixed), uuid.UUID(str(fixed)) == fixed]
""",
        [True, 36, 4, "dd2c1780-811a-5296-81c5-178a0ef488bc", True],
    ),
    Snippet(
        "hashing and signing",
        """
import base64, hashlib, hmac

def execute_tool(parameters, context):
    key = context["environment_variables"]["SIGNING_KEY"].encode()
    body = parameters["body"].encode("utf-8")
    signature = hmac.new(key, body, hashlib.sha256).hexdigest()
    return {
        "md5": hashlib.md5(body).hexdigest(),
        "sha": hashlib.sha256(body).hexdigest()[:12],
        "same": hmac.compare_digest(signature, hmac.new(key, body, "sha256").hexdigest()),
        "signature": signature[:12],
        "b64": base64.b64encode(body).decode(),
        "back": base64.urlsafe_b64decode("aGk_").hex(),
    }
""",
        {
            "md5": "49f68a5c8493ec2c0bf489821c21fc3b",
            "sha": "8f434346648f",
            "same": True,
            "signature": "f161339b3fe4",
            "b64": "aGk=",
            "back": "68693f",
        },
        {"body": "hi"},
        {"environment_variables": {"SIGNING_KEY": "k3y"}},
    ),
    Snippet(
        "addresses",
        """
import urllib.parse
from urllib.parse import quote, urlencode, urlparse

def execute_tool(parameters, context):
    parts = urlparse("https://example.com:8443/a/b?x=1&x=2#f")
    return [quote("a b/ñ", safe=""), urlencode({"q": "a b", "n": 1}), parts.hostname, parts.port,
            urllib.parse.parse_qs(parts.query), urllib.parse.urljoin("https://example.com/a/", "b"),
            urllib.parse.unquote("%C3%B1"), parts._replace(query="").geturl()]
""",
        [
            "a%20b%2F%C3%B1",
            "q=a+b&n=1",
            "example.com",
            8443,
            {"x": ["1", "2"]},
            "https://example.com/a/b",
            "ñ",
            "https://example.com:8443/a/b#f",
        ],
    ),
    Snippet(
        "requests: a list of products",
        """
import requests

def execute_tool(parameters, context):
    response = requests.get(
        "https://shop.example.com/products",
        params={"q": parameters["query"], "page": 1},
        headers={"X-Api-Key": context["environment_variables"]["API_KEY"]},
        timeout=5,
    )
    response.raise_for_status()
    data = response.json()
    return {"success": response.ok, "message": f"{len(data['items'])} found",
            "data": [response.status_code, response.headers["content-type"], data["items"]]}
""",
        {
            "success": True,
            "message": "2 found",
            "data": [200, "application/json", ["red shoes", "blue shoes"]],
        },
        {"query": "shoes"},
        {"environment_variables": {"API_KEY": "k-1"}},
    ),
    Snippet(
        "requests: an error",
        """
import requests
from requests.exceptions import HTTPError

def execute_tool(parameters, context):
    try:
        requests.post("https://shop.example.com/missing", json={"a": 1}).raise_for_status()
    except HTTPError as error:
        code = error.response.status_code
    except requests.exceptions.RequestException:
        code = -1
    try:
        requests.get("https://down.example.com/", timeout=(1, 2))
    except requests.ConnectionError as error:
        down = str(error)
    return [code, code == requests.codes.not_found, down]
""",
        [404, True, "The service could not be reached."],
    ),
    Snippet(
        "print keeps a log",
        body("""
print("looking up", parameters["id"], sep=": ")
print({"a": 1}, end="!")
print()
return {"message": "ok"}
"""),
        {"message": "ok"},
        {"id": 7},
        printed="looking up: 7\n{'a': 1}!\n",
    ),
    Snippet(
        "values that JSON lacks",
        """
import datetime, decimal, uuid
from collections import deque

def execute_tool(parameters, context):
    return {"day": datetime.date(2024, 1, 2), "price": decimal.Decimal("1.10"), "set": {3},
            "queue": deque([1]), "span": datetime.timedelta(minutes=2), 5: (1, 2),
            "id": uuid.UUID(int=1), "nan": float("nan"), "range": range(2)}
""",
        {
            "day": "2024-01-02",
            "price": "1.10",
            "set": [3],
            "queue": [1],
            "span": 120.0,
            "5": [1, 2],
            "id": "00000000-0000-0000-0000-000000000001",
            "nan": None,
            "range": [0, 1],
        },
    ),
]
