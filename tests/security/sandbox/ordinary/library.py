"""The library: dates, money, texts, numbers, collections."""

from tests.security.sandbox.snippets import Snippet

SNIPPETS = [
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
        "compiled patterns put groups back",
        """
import re

PAIR = re.compile(r"([0-9]+)-(?P<end>[0-9]+)")

def execute_tool(parameters, context):
    return [PAIR.sub(r"\\g<end>-\\1", "1-2"), PAIR.subn(r"\\1", "1-2 3-4"),
            PAIR.match("1-2").expand(r"\\2.")]
""",
        ["2-1", ["1 3", 2], "2."],
    ),
    Snippet(
        "moments with a zone are copied",
        """
from copy import copy, deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

@dataclass
class Visit:
    at: datetime

def execute_tool(parameters, context):
    zone = ZoneInfo("Europe/Madrid")
    visit = Visit(datetime(2024, 7, 1, 9, tzinfo=zone))
    return [asdict(visit), deepcopy(visit).at == visit.at, copy(zone) is zone]
""",
        [{"at": "2024-07-01T09:00:00+02:00"}, True, True],
    ),
]
