"""Syntax that is not for tools."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "match",
        """
def execute_tool(parameters, context):
    match parameters:
        case {'a': 1}:
            return 1
""",
    ),
    Case(
        "async",
        """
async def execute_tool(parameters, context):
    return 1
""",
    ),
    Case(
        "await",
        """
def execute_tool(parameters, context):
    async def f():
        await f()
    return 1
""",
    ),
    Case(
        "async comprehension",
        """
def execute_tool(parameters, context):
    return [x async for x in parameters]
""",
    ),
    Case(
        "an annotation that runs",
        """
def execute_tool(parameters, context):
    x: __import__('os').system('id')
    return x.__class__
""",
    ),
    Case(
        "class pattern",
        """
def execute_tool(parameters, context):
    match 3:
        case int(__class__=kind):
            return kind
""",
    ),
    Case(
        "broken code",
        """
def execute_tool(parameters, context):
    return (
""",
    ),
    Case(
        "no entry",
        """
def run(parameters, context):
    return 1
""",
    ),
    Case(
        "an entry with the wrong arguments",
        """
def execute_tool(parameters):
    return 1
""",
    ),
    Case(
        "a future statement that is unknown",
        """
def execute_tool(parameters, context):
    return 1
from __future__ import braces
open('x')
""",
    ),
]
