"""Library functions that act on names or build code."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "functools.update_wrapper",
        """
def execute_tool(parameters, context):
    import functools
    return str(functools.update_wrapper(lambda: 0, print, ('__self__',)))
""",
    ),
    Case(
        "wraps with chosen attributes",
        """
def execute_tool(parameters, context):
    import functools
    @functools.wraps(execute_tool, assigned=('__globals__',))
    def f(): pass
    return str(f)
""",
    ),
    Case(
        "singledispatch evaluates annotations",
        """
def execute_tool(parameters, context):
    import functools
    @functools.singledispatch
    def f(x: 'print(1)'): pass
    return str(f)
""",
    ),
    Case(
        "make_dataclass",
        """
def execute_tool(parameters, context):
    import dataclasses
    return str(dataclasses.make_dataclass('X', [('a', int)])())
""",
    ),
    Case(
        "dataclass over a library's class",
        """
def execute_tool(parameters, context):
    import dataclasses, fractions
    return str(dataclasses.dataclass(fractions.Fraction))
""",
    ),
    Case(
        "namedtuple with code as field",
        """
def execute_tool(parameters, context):
    import collections
    return str(collections.namedtuple('X', ['a=print(1)'])(1))
""",
    ),
    Case(
        "namedtuple with code as its name",
        """
def execute_tool(parameters, context):
    import collections
    return str(collections.namedtuple('X):\\n import os #', 'a'))
""",
    ),
    Case(
        "total_ordering over a builtin",
        """
def execute_tool(parameters, context):
    import functools
    return str(functools.total_ordering(int))
""",
    ),
    Case(
        "a flag's enumeration",
        """
def execute_tool(parameters, context):
    import re
    return str(type(re.I)('X', 'A B'))
""",
    ),
    Case(
        "a zone from a path",
        """
def execute_tool(parameters, context):
    import zoneinfo
    return str(zoneinfo.ZoneInfo('../../../etc/passwd'))
""",
    ),
    Case(
        "a zone's own loader",
        """
def execute_tool(parameters, context):
    import zoneinfo
    return str(zoneinfo.ZoneInfo('UTC').no_cache('/etc/passwd'))
""",
    ),
    Case(
        "hashing a file",
        """
def execute_tool(parameters, context):
    import hashlib
    return hashlib.file_digest('/etc/passwd', 'md5').hexdigest()
""",
    ),
    Case(
        "uuid1 starts programs",
        """
def execute_tool(parameters, context):
    import uuid
    return str(uuid.uuid1())
""",
    ),
    Case(
        "base64 of a file",
        """
def execute_tool(parameters, context):
    import base64
    base64.encode('/etc/passwd', '/tmp/x')
    return 1
""",
    ),
]
