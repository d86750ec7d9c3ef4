"""Reading on and on from all that tools are given leads to no module, frame, code or open door.

Walks the objects that the first wall hands out the way tool code can: by attributes that the guard
allows, by types that `type` answers, by items. Calls nothing.
"""

import builtins
import contextlib
import io
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

from tools_library.sandbox import policy
from tools_library.sandbox.policy import guards
from tools_library.sandbox.policy.facade import Facade

_FORBIDDEN_TYPES = (ModuleType, FrameType, CodeType, TracebackType, io.IOBase)
_FORBIDDEN = {
    id(each): each
    for each in (
        type, builtins.open, builtins.eval, builtins.exec, builtins.compile, builtins.__import__,
        builtins.getattr, builtins.setattr, builtins.delattr, builtins.globals, builtins.vars,
        builtins.input, builtins.breakpoint, guards.ToolClass, Facade, os.environ, sys.modules,
        str.format, str.format_map,
    )
}  # fmt: skip

SAMPLES = """
import base64, collections, copy, dataclasses, datetime, decimal, fractions, functools, hashlib
import hmac, itertools, json, math, random, re, statistics, string, textwrap, time, typing, uuid
import urllib.parse, zoneinfo, requests

Pair = collections.namedtuple("Pair", "a b")

@dataclasses.dataclass
class Own:
    x: int = dataclasses.field(default=1, metadata={"a": 1})
    _hidden = 2

    @property
    def half(self):
        return self.x / 2

    @functools.cached_property
    def kept(self):
        return 1

class Failed(AttributeError):
    pass

@functools.lru_cache
def cached(value):
    return value

def generator():
    yield 1

errors = []
for attempt in (lambda: json.nothing, lambda: json.loads("{"), lambda: 1 / 0, lambda: [][1],
                lambda: {}["x"], lambda: int("x"), lambda: requests.get("x", files=1),
                lambda: zoneinfo.ZoneInfo("x"), lambda: "".encode("nothing"),
                lambda: decimal.Decimal("x"), lambda: next(iter([])), lambda: re.compile("(")):
    try:
        attempt()
    except Exception as error:
        errors.append(error)

held = [
    Own, Own(), Own().half, Failed, Failed("x"), Pair, Pair(1, 2), cached, generator, generator(),
    (x for x in []), lambda: 0, Own().__init__, errors, {}.keys(), {}.items(), iter([]), slice(1),
    re.compile("(a)"), re.match("(a)", "a"), datetime.datetime.now(), datetime.timezone.utc,
    datetime.timedelta(1), datetime.date(2024, 1, 1).isocalendar(), uuid.uuid4(),
    decimal.Decimal(1), decimal.Decimal(1).as_tuple(), decimal.Context(), fractions.Fraction(1, 2),
    hashlib.sha256(), hashlib.new("md5"), hmac.new(b"a", b"b", "sha1"), random.Random(1),
    string.Template("$a"), collections.Counter("a"), collections.deque([1]),
    collections.OrderedDict(a=1), collections.defaultdict(list), collections.ChainMap({}),
    statistics.NormalDist(), statistics.linear_regression([1, 2], [1, 2]), time.gmtime(),
    urllib.parse.urlsplit("https://example.com/"), zoneinfo.ZoneInfo("UTC"), functools.partial(int),
    functools.cmp_to_key(cached)(1), itertools.count(), itertools.tee([1])[0], typing.List[int],
    requests.get("https://example.com/"), requests.get("https://example.com/").headers,
    dataclasses.fields(Own), dataclasses.MISSING, property(cached), staticmethod(cached),
    classmethod(cached), map(str, []), zip(), range(3), b"x", bytearray(1), "{}".format, print,
    Exception(), super(Own, Own()), list[int], int | str, object(), NotImplemented, ..., 1.5, 1j,
]

def execute_tool(parameters, context):
    return None
"""
ANSWER = {"status": 200, "url": "https://example.com/", "headers": {"A": "b"}, "body": ""}


def reachable() -> Iterator[tuple[str, Any]]:
    """Yield each object that reading leads to, with the way to it."""
    policy.warm_up()
    namespace = policy.namespace(policy.IMPORTABLE, lambda _: dict(ANSWER), lambda _: None)
    policy.call(namespace, policy.compile_tool(SAMPLES), {}, {})
    hidden = {name for name in namespace if name.startswith("_")}
    known = dict(namespace["__builtins__"])
    for name in ("__build_class__", "__import__"):  # no name that tool code may write
        del known[name]
    known |= {name: value for name, value in namespace.items() if name not in hidden}
    queue = deque(known.items())
    seen: dict[int, Any] = {}
    while queue:
        way, value = queue.popleft()
        if id(value) in seen or way.count(".") > 8:
            continue
        seen[id(value)] = value  # held, so that no other object gets its address
        yield way, value
        queue.extend((f"{way}.{name}", inner) for name, inner in _read(value))


def _read(value: Any) -> Iterator[tuple[str, Any]]:
    names = set(dir(value)) | set(dir(type(value))) | {"__name__", "__class__", "__init__"}
    if type(value) is Facade:
        names |= set(policy.names_of(str(value).split("'")[1]))
    for name in sorted(names):
        try:
            yield name, guards.get(value, name)
        except Exception:
            continue
    with contextlib.suppress(TypeError):
        yield "type()", guards.type_of(value)
    if type(value) in (list, tuple, set, frozenset) or isinstance(value, Mapping):
        yield from ((f"[{number}]", inner) for number, inner in enumerate(list(value)[:200]))


def test_reading_leads_nowhere_dangerous() -> None:
    found, count, dangerous = set(), 0, []
    for way, value in reachable():
        count += 1
        found.add(way)
        if isinstance(value, _FORBIDDEN_TYPES) or id(value) in _FORBIDDEN:
            dangerous.append(way)
    assert not dangerous
    assert count > 1_500
    assert {"json.dumps", "requests.HTTPError", "urllib.parse"} <= found


def test_the_walk_would_see_a_hole(monkeypatch) -> None:
    original = guards.get
    monkeypatch.setattr(
        guards, "get", lambda value, name: sys if name == "dumps" else original(value, name)
    )
    assert any(isinstance(value, ModuleType) for _, value in reachable())
