"""Leaving something behind for the next run; each must find nothing."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a global",
        """
try:
    seen
except NameError:
    seen = 'no'

def execute_tool(parameters, context):
    global seen
    found, seen = seen, 'KEPT'
    raise ValueError(found)
""",
    ),
    Case(
        "a mutable default",
        """
def execute_tool(parameters, context, kept=[]):
    kept.append(1)
    raise ValueError('KEPT' if len(kept) > 1 else 'no')
""",
    ),
    Case(
        "a module's table",
        """
def execute_tool(parameters, context):
    import decimal
    if 'kept' in decimal.Decimal.__dict__:
        raise ValueError('KEPT')
    decimal.Decimal.kept = 1
    return 1
""",
    ),
    Case(
        "a cache",
        """
import functools
calls = []

@functools.lru_cache
def f():
    calls.append(1)
    return len(calls)

def execute_tool(parameters, context):
    f()
    raise ValueError('no' if len(calls) == 1 else 'KEPT')
""",
    ),
    Case(
        "the random state",
        """
import random

def execute_tool(parameters, context):
    state = random.getstate()
    return str(state)
""",
    ),
    Case(
        "the facade",
        """
def execute_tool(parameters, context):
    import json
    json.loads = lambda text: 'KEPT'
    return json.loads('1')
""",
    ),
    Case(
        "a regular expression cache",
        """
def execute_tool(parameters, context):
    import re
    re.kept = 'KEPT'
    return re.kept
""",
    ),
]
