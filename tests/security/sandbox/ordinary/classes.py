"""Classes, data classes and errors of one's own."""

from tests.security.sandbox.snippets import Snippet

SNIPPETS = [
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
    Snippet(
        "data classes with slots",
        """
from dataclasses import asdict, dataclass, field

@dataclass(slots=True)
class Line:
    name: str
    tags: list = field(default_factory=list)

@dataclass(slots=True)
class Priced(Line):
    cents: int = 0

class Empty:
    size = Line.name

def execute_tool(parameters, context):
    line = Priced("bell", cents=900)
    line.tags.append("new")
    return [line, asdict(line), sorted(vars(line)), vars(Empty())]
""",
        [
            {"name": "bell", "tags": ["new"], "cents": 900},
            {"name": "bell", "tags": ["new"], "cents": 900},
            ["cents", "name", "tags"],
            {},
        ],
    ),
]
