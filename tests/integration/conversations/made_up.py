"""Values and bodies that nobody should send, and how a refusal of them has to look."""

import http.client
import json
from urllib.parse import urlsplit

from hypothesis import strategies as st

DEEP = [[[[[[[[[["deep"] * 2]]]]]]]]]
HOSTILE = (
    None, True, False, 0, -1, 1.5, 10**30, "", " ", "\0", "\ud800", "x" * 40_000, "🙂" * 200,
    [], {}, [[]], [None], {"": None}, {"type": "object"}, DEEP, "12", "-1", "../..", "' OR 1=1 --",
    "\u202e\u200b", "${parameters}", "<script>", float("nan"), float("inf"),
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b"{", b"\xff\xfe", b"\0", b'{"message": NaN}', b'{"message": 1e999}',
    b'{"message": "\\u0000"}', b'{"a": "\\ud800"}', b'{"\\udfff": 1}',
    b'{"message": ' + b"9" * 5_000 + b"}", b"[" * 50_000, b'{"a":' * 70 + b"1" + b"}" * 70,
)  # fmt: skip
IDS = ("9" * 18, "9" * 19, "..", "%00", "%ff", "%D9%A1%D9%A2", "a" * 200)
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)


class Line:
    """One connection to a server, opened anew where the server has closed it."""

    def __init__(self, url, key):
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._open()

    def ask(self, method, path, body=b"", headers=None):
        """Return status, headers and text of an answer, read to its end."""
        every = {**self._headers, **(headers or {})}
        try:
            self._connection.request(method, path, body, every)
            answer = self._connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            self._open()
            raise

    def close(self):
        """Close it."""
        self._connection.close()

    def _open(self):
        self._connection = http.client.HTTPConnection(self._address, timeout=60)


def mutated(valid):
    """Return bodies in which one part of a valid one is something else."""

    @st.composite
    def body(draw):
        changed = json.loads(json.dumps(valid))
        path = draw(st.sampled_from([*places(valid), ("unknown",)]))
        within = changed
        for step in path[:-1]:
            within = within[step]
        within[path[-1]] = draw(VALUES)
        return json.dumps(changed).encode()

    return body()


def places(value, path=()):
    """Yield the path of each part of a body, however deep."""
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in named:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, name))


def fault_of(status, headers, text):
    """Return what is wrong with an answer as a refusal; empty: nothing, or it is none."""
    if status < 400:
        return ""
    if status >= 500:
        return "it is a server error"
    if headers["Content-Type"] != "application/problem+json":
        return "it is no problem"
    told = json.loads(text)
    if told["status"] != status or not told["detail"].endswith((".", ")", "…")):
        return "it tells no sentence"
    if told.get("code", "").startswith("invalid") and not told.get("errors"):
        return "it names no field"
    if not all(each["field"] and each["message"] for each in told.get("errors", ())):
        return "a field or its fault has no words"
    return ""
