"""What builders of tools really write: each snippet with its arguments and the right answer."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Snippet:
    """One tool; `expected` is what it returns, `printed` what stands in the run's log."""

    name: str
    code: str
    expected: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    printed: str = ""


IMPORTS = (
    "datetime", "time", "json", "math", "re", "random", "statistics", "decimal", "fractions",
    "uuid", "hashlib", "hmac", "base64", "string", "itertools", "functools", "collections",
    "dataclasses", "textwrap", "urllib.parse", "zoneinfo", "requests", "typing",
)  # fmt: skip


def body(code: str) -> str:
    """Return a tool whose function has the given lines."""
    lines = code.strip("\n").splitlines()
    return "def execute_tool(parameters, context):\n" + "\n".join(f"    {line}" for line in lines)


ORDINARY = [
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
        "augmented assignment on items",
        body("""
totals = {}
for row in parameters["rows"]:
    totals.setdefault(row["sku"], 0)
    totals[row["sku"]] += row["count"] * 2
grid = [[1, 2], [3, 4]]
grid[1][0] -= 1
return {"totals": totals, "grid": grid}
"""),
        {"totals": {"a": 6, "b": 8}, "grid": [[1, 2], [2, 4]]},
        {"rows": [{"sku": "a", "count": 1}, {"sku": "b", "count": 4}, {"sku": "a", "count": 2}]},
    ),
    Snippet(
        "augmented assignment reads the old value first, the key once",
        body("""
calls = []
box = {"n": 10}
def key():
    calls.append("key")
    return "n"
def change():
    box["n"] = 99
    return 1
box[key()] += change()
return [box["n"], calls]
"""),
        [11, ["key"]],
    ),
    Snippet(
        "annotations",
        """
from typing import Any, Optional
LIMIT: int = 3

def pick(rows: list[dict[str, Any]], limit: Optional[int] = None) -> list[str]:
    chosen: list[str] = []
    count: int
    for row in rows[: limit or LIMIT]:
        chosen.append(row["name"])
    return chosen

def execute_tool(parameters: dict, context: dict) -> dict:
    return {"names": pick(parameters["rows"], 2)}
""",
        {"names": ["a", "b"]},
        {"rows": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
    ),
    Snippet(
        "money with Decimal",
        """
from decimal import Decimal, ROUND_HALF_UP

def execute_tool(parameters, context):
    total = sum(Decimal(line["price"]) * line["count"] for line in parameters["lines"])
    tax = (total * Decimal("0.21")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return {"success": True, "message": f"{total + tax:,.2f} EUR", "data": {"tax": str(tax)}}
""",
        {"success": True, "message": "2,419.98 EUR", "data": {"tax": "420.00"}},
        {"lines": [{"price": "999.99", "count": 2}]},
    ),
    Snippet(
        "dates: next Monday",
        """
import datetime

def execute_tool(parameters, context):
    day = datetime.date.fromisoformat(parameters["from"])
    monday = day + datetime.timedelta(days=(7 - day.weekday()) % 7 or 7)
    return {"date": monday.isoformat(), "text": monday.strftime("%A %d %B %Y")}
""",
        {"date": "2024-03-04", "text": "Monday 04 March 2024"},
        {"from": "2024-02-29"},
    ),
    Snippet(
        "strptime and differences",
        """
from datetime import datetime, timedelta

def execute_tool(parameters, context):
    start = datetime.strptime(parameters["start"], "%Y-%m-%d %H:%M")
    end = start + timedelta(hours=1, minutes=30)
    return [end.strftime("%d/%m/%Y %I:%M %p"), (end - start).total_seconds()]
""",
        ["01/01/2025 12:15 AM", 5400.0],
        {"start": "2024-12-31 22:45"},
    ),
    Snippet(
        "time zones",
        """
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

def execute_tool(parameters, context):
    moment = datetime(2024, 7, 1, 12, 0, tzinfo=timezone.utc)
    there = moment.astimezone(ZoneInfo(parameters["zone"]))
    try:
        ZoneInfo("Nowhere/Land")
    except ZoneInfoNotFoundError:
        unknown = True
    return [there.isoformat(), there.tzname(), ZoneInfo("Asia/Tokyo").key, unknown]
""",
        ["2024-07-01T14:00:00+02:00", "CEST", "Asia/Tokyo", True],
        {"zone": "Europe/Madrid"},
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
        "regular expressions",
        r"""
import re

PHONE = re.compile(r"\+?(?P<country>\d{1,2})[ -](?P<rest>[\d -]{7,})", re.IGNORECASE)

def execute_tool(parameters, context):
    found = PHONE.search(parameters["text"])
    return {
        "country": found.group("country"),
        "digits": re.sub(r"\D", "", found["rest"]),
        "words": re.findall(r"\b[a-z]+\b", parameters["text"]),
        "swapped": re.sub(r"(\w+) me", lambda m: m.group(1).upper() + " us", parameters["text"]),
    }
""",
        {
            "country": "1",
            "digits": "2025550143",
            "words": ["call", "me", "at"],
            "swapped": "CALL us at +1 202 555 0143",
        },
        {"text": "call me at +1 202 555 0143"},
    ),
    Snippet(
        "a class with properties",
        """
class Order:
    tax_rate = 0.1
    made = 0

    def __init__(self, lines):
        self._lines = list(lines)
        self.notes = []
        Order.made += 1

    @property
    def total(self):
        return round(sum(p * n for p, n in self._lines) * (1 + self.tax_rate), 2)

    @staticmethod
    def valid(line):
        return line[1] > 0

    @classmethod
    def from_rows(cls, rows):
        return cls(row for row in rows if cls.valid(row))

    def __str__(self):
        return f"Order of {len(self)} lines"

    def __len__(self):
        return len(self._lines)

def execute_tool(parameters, context):
    order = Order.from_rows(parameters["rows"])
    order.notes += ["checked"]
    order.tax_rate = 0.2
    return [str(order), order.total, order.notes, Order.made, type(order).__name__]
""",
        ["Order of 2 lines", 42.0, ["checked"], 1, "Order"],
        {"rows": [[10, 2], [5, 3], [9, 0]]},
    ),
    Snippet(
        "inheritance with super",
        """
class Rule:
    def __init__(self, name):
        self.name = name
    def check(self, value):
        return True
    def __repr__(self):
        return f"<{self.__class__.__name__} {self.name}>"

class Minimum(Rule):
    def __init__(self, name, least):
        super().__init__(name)
        self.least = least
    def check(self, value):
        return super().check(value) and value >= self.least

def execute_tool(parameters, context):
    rule = Minimum("age", 18)
    return [rule.check(17), rule.check(18), repr(rule), isinstance(rule, Rule)]
""",
        [False, True, "<Minimum age>", True],
    ),
    Snippet(
        "exceptions of one's own",
        """
class NotFound(LookupError):
    def __init__(self, sku):
        super().__init__(f"no product {sku}")
        self.sku = sku

def find(sku):
    if sku != "a1":
        raise NotFound(sku)
    return sku

def execute_tool(parameters, context):
    log = []
    try:
        find("b2")
    except NotFound as error:
        log.append([str(error), error.sku, type(error).__name__])
    else:
        log.append("found")
    finally:
        log.append("done")
    return log
""",
        [["no product b2", "b2", "NotFound"], "done"],
    ),
    Snippet(
        "data classes",
        """
from dataclasses import dataclass, field, asdict, replace

@dataclass(order=True)
class Slot:
    start: int
    end: int = 0
    tags: list[str] = field(default_factory=list, compare=False)

    def __post_init__(self):
        self.end = self.end or self.start + 1

@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.5

def execute_tool(parameters, context):
    slots = sorted([Slot(14), Slot(9, 11, ["early"])])
    try:
        Point(1).x = 3
    except AttributeError as error:
        frozen = str(error)
    return {"slots": [asdict(slot) for slot in slots], "moved": replace(Point(1), x=2.5),
            "repr": repr(slots[1]), "frozen": frozen}
""",
        {
            "slots": [
                {"start": 9, "end": 11, "tags": ["early"]},
                {"start": 14, "end": 15, "tags": []},
            ],
            "moved": {"x": 2.5, "y": 0.5},
            "repr": "Slot(start=14, end=15, tags=[])",
            "frozen": "cannot assign to field 'x'",
        },
    ),
    Snippet(
        "sorting by several keys",
        body("""
rows = sorted(parameters["rows"], key=lambda row: (-row["score"], row["name"].lower()))
best = max(rows, key=lambda row: row["score"])
rows.sort(key=lambda row: row["name"], reverse=True)
return [[row["name"] for row in rows], best["name"], list(reversed([1, 2]))]
"""),
        [["b", "a", "C"], "a", [2, 1]],
        {"rows": [{"name": "b", "score": 1}, {"name": "C", "score": 2}, {"name": "a", "score": 2}]},
    ),
    Snippet(
        "comprehensions",
        body("""
numbers = parameters["numbers"]
return {
    "squares": [n * n for n in numbers if n % 2],
    "by": {n: str(n) for n in numbers},
    "unique": sorted({n % 3 for n in numbers}),
    "pairs": [(a, b) for a in range(2) for b in "xy"],
    "total": sum(n for n in numbers),
    "flat": [x for row in [[1], [2, 3]] for x in row],
}
"""),
        {
            "squares": [1, 9],
            "by": {"1": "1", "2": "2", "3": "3"},
            "unique": [0, 1, 2],
            "pairs": [[0, "x"], [0, "y"], [1, "x"], [1, "y"]],
            "total": 6,
            "flat": [1, 2, 3],
        },
        {"numbers": [1, 2, 3]},
    ),
    Snippet(
        "generators",
        """
def pages(rows, size):
    for start in range(0, len(rows), size):
        got = yield rows[start:start + size]
        if got == "stop":
            return

def chained(rows):
    yield from pages(rows, 2)
    yield "end"

def execute_tool(parameters, context):
    source = pages([1, 2, 3, 4], 2)
    first = next(source)
    try:
        source.send("stop")
    except StopIteration:
        stopped = True
    return [first, stopped, list(chained([1, 2, 3]))]
""",
        [[1, 2], True, [[1, 2], [3], "end"]],
    ),
    Snippet(
        "closures and nonlocal",
        """
def counter():
    count = 0
    def step(by=1):
        nonlocal count
        count += by
        return count
    return step

def execute_tool(parameters, context):
    step = counter()
    step()
    return [step(by=2), step()]
""",
        [3, 4],
    ),
    Snippet(
        "decorators with wraps",
        """
import functools

def retry(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return [attempt, function(*args, **kwargs)]
                except ValueError:
                    if attempt == times:
                        raise
        return wrapper
    return decorate

failures = [1, 2]

@retry(times=3)
def flaky(name, *, loud=False):
    if failures:
        failures.pop()
        raise ValueError("again")
    return name.upper() if loud else name

def execute_tool(parameters, context):
    return [flaky("ann", loud=True), flaky.__name__]
""",
        [[3, "ANN"], "flaky"],
    ),
    Snippet(
        "context manager of one's own",
        """
class Section:
    def __init__(self, log, name):
        self.log, self.name = log, name
    def __enter__(self):
        self.log.append(f"<{self.name}>")
        return self
    def __exit__(self, kind, error, trace):
        self.log.append(f"</{self.name}>" if error is None else f"broken: {error}")
        return True

def execute_tool(parameters, context):
    log = []
    with Section(log, "a") as outer, Section(log, "b"):
        log.append(outer.name)
    with Section(log, "c"):
        raise ValueError("no")
    return log
""",
        ["<a>", "<b>", "a", "</b>", "</a>", "<c>", "broken: no"],
    ),
    Snippet(
        "unpacking",
        body("""
first, *rest = parameters["list"]
(a, b), c = (1, 2), 3
head, *_, tail = "abcde"
merged = {**{"x": 1, "y": 2}, "y": 3}
both = [*rest, *(7, 8)]
def total(*numbers, scale=1, **named):
    return sum(numbers) * scale + sum(named.values())
swap = [a, b] = [b, a]
pairs = [f"{k}={v}" for k, v in sorted(merged.items())]
return [first, rest, c, head + tail, both, total(*[1, 2], **{"scale": 10, "z": 5}), a, b, pairs]
"""),
        [1, [2, 3], 3, "ae", [2, 3, 7, 8], 35, 2, 1, ["x=1", "y=3"]],
        {"list": [1, 2, 3]},
    ),
    Snippet(
        "text formatting",
        body("""
name, price = parameters["name"], parameters["price"]
return [
    "Hello {}, {:>8.2f} {0}".format(name, price) if False else "{} pays {:.2f}".format(name, price),
    "{name!r:>8}|{data[key]}|{0}".format(1, name=name, data={"key": "v"}),
    "%s has %d%%" % (name, 50),
    f"{name:^9}|{price:08.3f}|{price!s}|{10**6:,}|{0.256:.1%}",
    "{a}-{b}".format_map({"a": 1, "b": 2}),
    ", ".join(map("<{}>".format, [1, 2])),
]
"""),
        [
            "Ann pays 3.50",
            "   'Ann'|v|1",
            "Ann has 50%",
            "   Ann   |0003.500|3.5|1,000,000|25.6%",
            "1-2",
            "<1>, <2>",
        ],
        {"name": "Ann", "price": 3.5},
    ),
    Snippet(
        "text methods",
        body("""
text = parameters["text"]
words = text.strip().lower().replace(",", " ").split()
return [words, text.title(), text.partition(","), "x".join("ab"), text.startswith("  O"),
        "a-b_c".translate(str.maketrans({"-": " ", "_": None})), "7".zfill(3),
        "ñ".encode("utf-8").hex(), b"ab".decode("ascii"), text.find("two"), "Straße".casefold()]
"""),
        [
            ["one", "two"],
            "  One, Two ",
            ["  One", ",", " two "],
            "axb",
            True,
            "a bc",
            "007",
            "c3b1",
            "ab",
            7,
            "strasse",
        ],
        {"text": "  One, two "},
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
        "textwrap and string",
        """
import string
import textwrap

def execute_tool(parameters, context):
    letter = string.Template("Dear $name, you owe ${amount}.").substitute(name="Ann", amount=3)
    return [textwrap.fill("one two three four", width=9).split("\\n"),
            textwrap.shorten("a long line of words", 12, placeholder="…"),
            textwrap.dedent("    a\\n      b"), letter, string.ascii_lowercase[:3],
            string.capwords("ann lee")]
""",
        [
            ["one two", "three", "four"],
            "a long line…",
            "a\n  b",
            "Dear Ann, you owe 3.",
            "abc",
            "Ann Lee",
        ],
    ),
    Snippet(
        "itertools",
        """
import itertools
from itertools import groupby, chain

def execute_tool(parameters, context):
    rows = sorted(parameters["rows"], key=lambda r: r[0])
    groups = {key: [r[1] for r in rows] for key, rows in groupby(rows, key=lambda r: r[0])}
    return [groups, list(chain([1], (2, 3))), list(itertools.accumulate([1, 2, 3])),
            list(itertools.product("ab", [1])), list(itertools.islice(itertools.count(5), 2)),
            list(itertools.combinations("abc", 2)), list(itertools.zip_longest([1], [2, 3]))]
""",
        [
            {"a": [1, 3], "b": [2]},
            [1, 2, 3],
            [1, 3, 6],
            [["a", 1], ["b", 1]],
            [5, 6],
            [["a", "b"], ["a", "c"], ["b", "c"]],
            [[1, 2], [None, 3]],
        ],
        {"rows": [["a", 1], ["b", 2], ["a", 3]]},
    ),
    Snippet(
        "functools",
        """
import functools
from functools import lru_cache, partial, reduce

calls = []

@lru_cache(maxsize=None)
def fib(n):
    calls.append(n)
    return n if n < 2 else fib(n - 1) + fib(n - 2)

@functools.total_ordering
class Version:
    def __init__(self, text):
        self.parts = [int(part) for part in text.split(".")]
    def __eq__(self, other):
        return self.parts == other.parts
    def __lt__(self, other):
        return self.parts < other.parts

def execute_tool(parameters, context):
    return [fib(30), len(calls), partial(int, base=2)("101"), reduce(lambda a, b: a * b, [1, 2, 3]),
            Version("1.10") >= Version("1.9"), fib.cache_info().hits,
            sorted([3, 1], key=functools.cmp_to_key(lambda a, b: a - b))]
""",
        [832040, 31, 5, 6, True, 28, [1, 3]],
    ),
    Snippet(
        "collections",
        """
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
import collections

Stop = namedtuple("Stop", ["name", "minute"])

class Timed(namedtuple("Timed", "name minute")):
    def late(self, now):
        return now > self.minute

def execute_tool(parameters, context):
    counts = Counter(parameters["text"].split())
    counts["b"] += 5
    groups = defaultdict(list)
    for word in parameters["text"].split():
        groups[len(word)].append(word)
    groups[9] += ["x"]
    queue = deque([1, 2, 3], maxlen=3)
    queue.append(4)
    stop = Stop("north", 5)._replace(minute=7)
    ordered = OrderedDict(b=1, a=2)
    ordered.move_to_end("b")
    return [counts.most_common(2), groups, list(queue), stop.minute, stop._asdict(), ordered,
            Timed("a", 3).late(4), Stop._fields, collections.ChainMap({"a": 1}, {"a": 2})["a"]]
""",
        [
            [["b", 6], ["a", 2]],
            {"1": ["a", "b", "a"], "9": ["x"]},
            [2, 3, 4],
            7,
            {"name": "north", "minute": 7},
            {"a": 2, "b": 1},
            True,
            ["name", "minute"],
            1,
        ],
        {"text": "a b a"},
    ),
    Snippet(
        "math and statistics",
        """
import math
import statistics as stats
from math import ceil, pi

def execute_tool(parameters, context):
    data = parameters["data"]
    return [round(math.sqrt(2), 4), ceil(1.2), math.floor(-1.2), round(pi, 2), math.gcd(12, 18),
            math.isclose(0.1 + 0.2, 0.3), stats.mean(data), stats.median(data), stats.mode(data),
            round(stats.stdev(data), 3), math.comb(5, 2), math.hypot(3, 4), math.inf > 1]
""",
        [1.4142, 2, -2, 3.14, 6, True, 2.5, 2.5, 1, 1.291, 10, 5.0, True],
        {"data": [1, 2, 3, 4]},
    ),
    Snippet(
        "fractions",
        """
from fractions import Fraction

def execute_tool(parameters, context):
    share = Fraction(1, 3) + Fraction("1/6")
    return [str(share), float(share), share.denominator, Fraction(0.333).limit_denominator(10)]
""",
        ["1/2", 0.5, 2, "1/3"],
    ),
    Snippet(
        "random with a seed",
        """
import random

def execute_tool(parameters, context):
    generator = random.Random(7)
    first = [generator.randint(1, 100) for _ in range(3)]
    random.seed(7)
    again = [random.randint(1, 100) for _ in range(3)]
    deck = list(range(5))
    random.shuffle(deck)
    return [first == again, sorted(deck), random.choice("aaa"), len(random.sample(range(50), 4)),
            0 <= random.random() < 1]
""",
        [True, [0, 1, 2, 3, 4], "a", 4, True],
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
        "loops",
        body("""
found = None
for index, (name, age) in enumerate(parameters["people"], start=1):
    if age < 18:
        continue
    found = (index, name)
    break
else:
    found = "nobody"
count = 0
while True:
    count += 1
    if count >= 3:
        break
for a, b in zip([1, 2], "xy"):
    count += a
return [found, count, all(x > 0 for x in [1, 2]), any([0, ""]), list(filter(None, [0, 1])),
        list(map(str, [1]))]
"""),
        [[2, "Bo"], 6, True, False, [1], ["1"]],
        {"people": [["Al", 12], ["Bo", 30]]},
    ),
    Snippet(
        "walrus, slices, del, chained comparison",
        body("""
data = list(range(10))
del data[0]
data[1:3] = ["x"]
box = {"a": 1, "b": 2}
del box["a"]
if (size := len(data)) > 5 and 1 < size <= 9:
    data[-1] *= 2
return [data, size, box, data[::-2], (lambda n, m=2: n * m)(4), 5 if size else 6, not box]
"""),
        [[1, "x", 4, 5, 6, 7, 8, 18], 8, {"b": 2}, [18, 7, 5, "x"], 8, 5, False],
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
        "module constants, helpers with an underscore, main guard",
        """
_RATES = {"EUR": 1.0, "USD": 1.1}
_hits = 0

def _convert(amount, to):
    global _hits
    _hits += 1
    return round(amount * _RATES[to], 2)

def execute_tool(parameters, context):
    return {"amount": _convert(parameters["amount"], "USD"), "hits": _hits}

if __name__ == "__main__":
    print(execute_tool({}, {}))
""",
        {"amount": 11.0, "hits": 1},
        {"amount": 10},
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
    Snippet(
        "getattr, hasattr, isinstance, type",
        """
class Box:
    size = 3

def execute_tool(parameters, context):
    box = Box()
    setattr(box, "label", "x")
    return [getattr(box, "label"), getattr(box, "none", 7), hasattr(box, "size"),
            hasattr([], "__iter__"), isinstance(3, (int, str)), type("") is str, vars(box),
            callable(box), type(3.5).__name__, issubclass(bool, int)]
""",
        ["x", 7, True, True, True, True, {"label": "x"}, False, "float", True],
    ),
    Snippet(
        "iterator and operators of one's own",
        """
class Money:
    def __init__(self, cents):
        self.cents = cents
    def __add__(self, other):
        return Money(self.cents + other.cents)
    def __iadd__(self, other):
        self.cents += other.cents
        return self
    def __eq__(self, other):
        return self.cents == other.cents
    def __hash__(self):
        return hash(self.cents)
    def __getitem__(self, key):
        return str(self.cents)[key]
    def __iter__(self):
        return iter([self.cents // 100, self.cents % 100])
    def __bool__(self):
        return self.cents > 0
    def __call__(self, factor):
        return self.cents * factor

def execute_tool(parameters, context):
    total = Money(150) + Money(275)
    total += Money(5)
    return [list(total), total == Money(430), bool(Money(0)), total(2), total[0],
            len({Money(1), Money(1)})]
""",
        [[4, 30], True, False, 860, "4", 1],
    ),
]
