"""Attributes named inside format strings."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "str.format with a special attribute",
        """
def execute_tool(parameters, context):
    return '{0.__class__.__mro__}'.format(3)
""",
    ),
    Case(
        "format_map",
        """
def execute_tool(parameters, context):
    return '{a.__init__.__globals__}'.format_map({'a': Exception()})
""",
    ),
    Case(
        "the unbound method through map",
        """
def execute_tool(parameters, context):
    return list(map(str.format, ['{0.__class__.__mro__}'], [1]))
""",
    ),
    Case(
        "a format kept in a variable",
        """
def execute_tool(parameters, context):
    say = getattr('{0.gi_frame.f_back}', 'format')
    return say((x for x in []))
""",
    ),
    Case(
        "a nested replacement field",
        """
def execute_tool(parameters, context):
    return '{0:{1.__class__}}'.format('x', 1)
""",
    ),
    Case(
        "index then attribute",
        """
def execute_tool(parameters, context):
    return '{0[0].__globals__}'.format([execute_tool])
""",
    ),
    Case(
        "partial of str.format",
        """
from functools import partial

def execute_tool(parameters, context):
    return partial(str.format, '{f.__code__}')(f=execute_tool)
""",
    ),
]
