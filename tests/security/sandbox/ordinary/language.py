"""The language itself: loops, functions, texts, changes in place."""

from tests.security.sandbox.snippets import Snippet, body

SNIPPETS = [
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
    "{a}-{b}".format_map({"a": 1, "b": 2}) + "{.real}{.imag}".format(3, 4),
    ", ".join(map("<{}>".format, [1, 2])),
]
"""),
        [
            "Ann pays 3.50",
            "   'Ann'|v|1",
            "Ann has 50%",
            "   Ann   |0003.500|3.5|1,000,000|25.6%",
            "1-230",
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
]
