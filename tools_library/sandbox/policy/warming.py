"""Everything that the library would load later, loaded now; imports only the standard library.

Before files are closed each name that tools can reach is used once the way tools use it, so that no
import, codec or table is looked for inside a run.
"""

from __future__ import annotations

import _strptime  # type: ignore[import-not-found] # noqa: F401 - found there by strptime
import codecs
from typing import Any

from tools_library.sandbox.policy import zones
from tools_library.sandbox.policy.compiling import compile_tool
from tools_library.sandbox.policy.modules import IMPORTABLE
from tools_library.sandbox.policy.problems import Rejected
from tools_library.sandbox.policy.running import call, describe, namespace

_CODECS = (
    "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-7 latin-1 ascii cp1250 cp1251 cp1252 "
    "cp437 cp850 cp866 iso8859-5 iso8859-7 iso8859-9 iso8859-2 "
    "iso8859-15 koi8-r shift_jis euc-jp gb2312 gbk gb18030 big5 euc-kr idna "
    "punycode unicode_escape raw_unicode_escape"
)

_TOOL = """
import base64, collections, copy, dataclasses, datetime, decimal, fractions, functools, hashlib
import hmac, itertools, json, math, random, re, statistics, string, textwrap, time
import urllib.parse, uuid
import zoneinfo, requests

@dataclasses.dataclass
class Point:
    x: int = 0
    y: float = dataclasses.field(default=1.5)
    def __str__(self):
        return f"{self.x:>5}|{self.y!r}"

@functools.lru_cache(maxsize=8)
def double(value):
    return value * 2

def execute_tool(parameters, context):
    now = datetime.datetime.now(datetime.timezone.utc)
    there = now.astimezone(zoneinfo.ZoneInfo("Europe/Madrid")) if context["zones"] else now
    seen = [there.strftime("%A %d %B %Y %H:%M %Z %j %U"), now.isoformat(), now.ctime()]
    seen.append(datetime.datetime.strptime("2024-02-29 10:11", "%Y-%m-%d %H:%M"))
    seen.append(datetime.datetime.fromisoformat("2024-02-29T10:11:12+00:00").date().isocalendar()[1])
    seen.append([time.strftime("%c", time.localtime()), time.strptime("2024", "%Y").tm_year])
    seen.append([time.mktime(time.gmtime()), time.asctime(), time.monotonic(), time.ctime(0)])
    seen.append(json.loads(json.dumps({"a": [1, 2.5, None, True, "ñ"]}, indent=2, sort_keys=True)))
    for text in ("{", "[1,]", "nul", '"\\\\u12"'):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            seen.append(str(error))
    seen.append(re.sub(r"(?i)(?P<w>\\w+)\\s+(?=x)", r"\\g<w>-", "ab x", flags=re.I | re.M))
    seen.append([random.choice([1, 2]), random.sample(range(9), 3), random.gauss(0, 1)])
    random.shuffle(seen)
    data = [1, 2, 2, 3.5]
    seen.append([statistics.mean(data), statistics.mode(data), statistics.stdev(data)])
    seen.append([statistics.median(data), statistics.quantiles(data), statistics.fmean(data)])
    seen.append([statistics.linear_regression([1, 2, 3], [2, 4, 6]).slope])
    seen.append(statistics.NormalDist(0, 1).inv_cdf(0.4))
    price = decimal.Decimal("19.99").quantize(decimal.Decimal("0.1"), decimal.ROUND_HALF_UP)
    seen.append([f"{price:,.2f}", price.sqrt(), fractions.Fraction("1/3").limit_denominator(9)])
    seen.append([make(uuid.NAMESPACE_DNS, "a") for make in (uuid.uuid3, uuid.uuid5)])
    seen.append(uuid.uuid4())
    for name in sorted(hashlib.algorithms_guaranteed):
        seen.append(hashlib.new(name, b"a").name)
    seen.append(hmac.new(b"k", b"m", hashlib.sha256).hexdigest())
    seen.append(hmac.new(b"k", b"m", "sha1").hexdigest())
    seen.append(hmac.compare_digest("a", "a"))
    for name in ("64", "32", "16", "85"):
        coded = getattr(base64, f"b{name}encode")(b"abc")
        seen.append(getattr(base64, f"b{name}decode")(coded).decode())
    seen.append(string.Template("$a ${b}").safe_substitute(a=1))
    seen.append("{0} {a[0]:>5} {b.x}".format(1, a=[2], b=Point()))
    seen.append([textwrap.fill("a b c " * 20, 20), textwrap.dedent("  a")])
    seen.append([textwrap.indent("a", "-"), textwrap.shorten("a b", 9), string.capwords("a b")])
    seen.append(urllib.parse.urlencode({"a": ["ñ", 1]}, doseq=True))
    seen.append(urllib.parse.parse_qs(urllib.parse.urlsplit("https://example.com/?a=1").query))
    seen.append(urllib.parse.urljoin("https://example.com/a", "b"))
    seen.append(collections.Counter("aab").most_common(1))
    pair = collections.namedtuple("Pair", "a b")(1, 2)
    seen.append([pair._asdict(), double(2), dataclasses.asdict(Point()), str(Point())])
    seen.append(list(itertools.islice(itertools.permutations("abc"), 2)))
    seen.append([copy.deepcopy([{"a": {1}}, Point()]), copy.copy(pair)])
    seen.append([math.sqrt(2), math.gcd(4, 6), f"{math.pi:.3f}", "ab".encode().hex()])
    seen.append("ñ".encode("ascii", "xmlcharrefreplace") and str(len(seen)))
    seen.append(requests.get("https://example.com/", params={"a": 1}, timeout=3).json())
    return {"success": True, "message": str(len(seen)), "data": [str(each) for each in seen]}
"""
_ANSWER = {
    "status": 200,
    "reason": "OK",
    "url": "https://example.com/",
    "headers": {"Content-Type": "application/json; charset=utf-8"},
    "body": "e30=",
    "elapsed_ms": 1,
}


def warm_up() -> None:
    """Load everything a run may need; call once, before files are closed.

    Raises:
        RuntimeError: the sample tool does not work here; says why.
    """
    there_are_zones = zones.load() > 0
    for name in _CODECS.split():
        codecs.lookup(name)
    context: dict[str, Any] = {"zones": there_are_zones}
    try:
        code = compile_tool(_TOOL)
        globals_ = namespace(IMPORTABLE, lambda _: dict(_ANSWER), lambda _: None)
        call(globals_, code, {}, context)
        _fail()
    except Exception as error:
        kind, message, line = describe(error)
        raise RuntimeError(f"The sample tool failed: {kind} in line {line}: {message}") from error


def _fail() -> None:
    """Walk the paths of errors too: they load what describes them."""
    for source in ("def execute_tool(p, c)\n  pass", "import os", "async def execute_tool(): 0"):
        try:
            compile_tool(source)
        except Rejected as error:
            describe(error)
    code = compile_tool("def execute_tool(p, c):\n    return 1 / p['a']\n")
    try:
        call(namespace((), lambda _: {}, lambda _: None), code, {"a": 0}, {})
    except ZeroDivisionError as error:
        describe(error, code)
