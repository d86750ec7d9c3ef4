"""Which names of which modules tools may import; imports only the standard library.

A name belongs here when it reaches no file, process or network, hands out no module or frame, and
takes no name of an attribute as data.
"""

from __future__ import annotations

import base64
import collections
import copy
import dataclasses
import datetime
import decimal
import fractions
import functools
import hashlib
import hmac
import itertools
import json
import math
import random
import re
import statistics
import string
import textwrap
import time
import urllib.parse
import uuid
import zoneinfo
from collections.abc import Collection
from typing import Any

from tools_library.sandbox.policy import guards, stand_ins, web, zones
from tools_library.sandbox.policy.facade import Facade, facade, no_such_name

_PICKED: dict[str, tuple[Any, str]] = {
    "datetime": (datetime, "date datetime time timedelta timezone tzinfo UTC MINYEAR MAXYEAR"),
    "time": (time, "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time "
                   "sleep strftime strptime gmtime localtime mktime asctime ctime struct_time "
                   "timezone altzone daylight tzname"),
    "json": (json, "dumps loads JSONDecodeError"),
    "math": (math, " ".join(name for name in vars(math) if not name.startswith("_"))),
    "random": (random, "Random random uniform triangular randint randrange choice choices shuffle "
                       "sample seed gauss normalvariate lognormvariate expovariate betavariate "
                       "gammavariate paretovariate weibullvariate vonmisesvariate getrandbits "
                       "randbytes"),
    "statistics": (statistics, "mean fmean geometric_mean harmonic_mean median median_low "
                               "median_high median_grouped mode multimode quantiles pstdev "
                               "pvariance stdev variance covariance correlation linear_regression "
                               "NormalDist StatisticsError"),
    "decimal": (decimal, "Decimal Context localcontext ROUND_UP ROUND_DOWN ROUND_CEILING "
                         "ROUND_FLOOR ROUND_HALF_UP ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_05UP "
                         "DecimalException InvalidOperation DivisionByZero Inexact Rounded "
                         "Overflow Underflow Subnormal Clamped FloatOperation ConversionSyntax"),
    "fractions": (fractions, "Fraction"),
    "uuid": (uuid, "UUID uuid3 uuid4 uuid5 NAMESPACE_DNS NAMESPACE_URL NAMESPACE_OID "
                   "NAMESPACE_X500"),
    "hashlib": (hashlib, "md5 sha1 sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 "
                         "sha3_512 shake_128 shake_256 blake2b blake2s new algorithms_available "
                         "algorithms_guaranteed"),
    "hmac": (hmac, "new digest compare_digest"),
    "base64": (base64, "b64encode b64decode standard_b64encode standard_b64decode "
                       "urlsafe_b64encode urlsafe_b64decode b32encode b32decode b32hexencode "
                       "b32hexdecode b16encode b16decode a85encode a85decode b85encode b85decode "
                       "encodebytes decodebytes"),
    "string": (string, "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits "
                       "printable punctuation whitespace capwords Template"),
    "itertools": (itertools, " ".join(n for n in vars(itertools) if not n.startswith("_"))),
    "functools": (functools, "reduce partial lru_cache cache cmp_to_key cached_property"),
    "collections": (collections, "Counter OrderedDict defaultdict deque ChainMap"),
    "copy": (copy, "copy deepcopy"),
    "dataclasses": (dataclasses, "field asdict astuple fields is_dataclass replace MISSING "
                                 "FrozenInstanceError"),
    "textwrap": (textwrap, "dedent fill indent shorten wrap"),
    "urllib.parse": (urllib.parse, "quote quote_plus quote_from_bytes unquote unquote_plus "
                                   "unquote_to_bytes urlencode urlparse urlsplit urlunparse "
                                   "urlunsplit urljoin urldefrag parse_qs parse_qsl"),
    "zoneinfo": (zoneinfo, "ZoneInfoNotFoundError"),
    "re": (re, "compile match search fullmatch split findall finditer sub subn escape purge error "
               "Pattern Match"),
}  # fmt: skip

# Flags are plain numbers here: the class of an enumeration can make other classes.
_FLAGS = {name: int(getattr(re, name)) for name in (
    "A", "ASCII", "I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE", "U",
    "UNICODE", "NOFLAG",
)}  # fmt: skip
_REPLACED: dict[str, dict[str, Any]] = {
    "re": _FLAGS,
    "collections": {"namedtuple": stand_ins.namedtuple},
    "dataclasses": {"dataclass": stand_ins.dataclass},
    "functools": {"wraps": stand_ins.wraps, "total_ordering": stand_ins.total_ordering},
    "hashlib": {
        name: frozenset(getattr(hashlib, name))
        for name in ("algorithms_available", "algorithms_guaranteed")
    },
    "zoneinfo": {"ZoneInfo": zones.zone, "available_timezones": zones.available_timezones},
}
_NAMES: dict[str, dict[str, Any]] = {
    module: {**{name: getattr(real, name) for name in names.split()}, **_REPLACED.get(module, {})}
    for module, (real, names) in _PICKED.items()
}
_NAMES["typing"] = stand_ins.TYPING
_FACADES: dict[str, Facade] = {module: facade(module, names) for module, names in _NAMES.items()}
_FACADES["urllib"] = facade("urllib", {"parse": _FACADES["urllib.parse"]})

_KNOWN: dict[str, Collection[str]] = {
    **_NAMES,
    "urllib": {"parse"},
    "requests": web.NAMES,
    "requests.exceptions": web.ERRORS,
}
IMPORTABLE = frozenset(_KNOWN)
"""The modules that a tool's `allowed_imports` may name."""

_SUBMODULES = {"requests": "exceptions", "urllib": "parse"}

guards.zone_maker.append(zones.zone)
guards.exceptions.update(
    (json.JSONDecodeError, statistics.StatisticsError, decimal.DecimalException,
     decimal.InvalidOperation, *web.ERRORS.values())
)  # fmt: skip


def names_of(module: str) -> frozenset[str]:
    """Return the names that a module has in tools."""
    return frozenset(_KNOWN.get(module, ()))


def is_allowed(module: str, allowed: Collection[str]) -> bool:
    """Return whether a tool with these `allowed_imports` may import a module."""
    return module in allowed or module.partition(".")[0] in allowed or any(
        each.startswith(f"{module}.") for each in allowed
    )  # fmt: skip


def why_not_import(module: str, name: str | None, allowed: Collection[str]) -> str:
    """Return why a tool may not import a module, or a name of it, or nothing if it may."""
    if module not in IMPORTABLE:
        known = ", ".join(sorted(IMPORTABLE - {"urllib", "requests.exceptions"}))
        return f"{module[:60]} cannot be imported in tools. These can: {known}."
    if not is_allowed(module, allowed):
        return f"{module} is not among this tool's allowed_imports; add it there."
    if name is not None and name not in _KNOWN[module]:
        return no_such_name(module, name, _KNOWN[module])
    return ""


def prepared(module: str) -> Facade | None:
    """Return the facade of a module that is the same for every run."""
    return _FACADES.get(module)
