"""CVE-2025-22153: except* and exception groups."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "except* itself",
        """
def execute_tool(parameters, context):
    try:
        raise ValueError
    except* ValueError as group:
        return str(group)
""",
    ),
    Case(
        "except* with a class of one's own",
        """
def execute_tool(parameters, context):
    class Fake(Exception):
        def __getattr__(self, name):
            return print
    try:
        raise Fake()
    except* Fake as group:
        return group.exceptions
""",
    ),
    Case(
        "ExceptionGroup by name",
        """
def execute_tool(parameters, context):
    return str(ExceptionGroup('x', [ValueError()]).split)
""",
    ),
    Case(
        "BaseExceptionGroup by name",
        """
def execute_tool(parameters, context):
    raise BaseExceptionGroup('x', [KeyboardInterrupt()])
""",
    ),
    Case(
        "a base class that is a group",
        """
def execute_tool(parameters, context):
    class Mine(BaseException):
        pass
    raise Mine
""",
    ),
    Case(
        "catching the interpreter's end",
        """
def execute_tool(parameters, context):
    try:
        raise SystemExit(0)
    except BaseException as error:
        return 'caught'
""",
    ),
]
