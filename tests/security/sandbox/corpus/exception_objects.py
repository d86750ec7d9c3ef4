"""CVE-2024-47532: exceptions that carry objects."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "obj of an attribute error",
        """
def execute_tool(parameters, context):
    import math
    try:
        math.nothing
    except AttributeError as error:
        return str(error.obj)
""",
    ),
    Case(
        "obj by getattr",
        """
def execute_tool(parameters, context):
    import string
    try:
        string.nothing
    except AttributeError as error:
        return str(getattr(error, 'obj').__dict__)
""",
    ),
    Case(
        "context of an exception",
        """
def execute_tool(parameters, context):
    try:
        try:
            1 / 0
        except ZeroDivisionError:
            raise ValueError
    except ValueError as error:
        return str(error.__context__.__traceback__.tb_frame)
""",
    ),
    Case(
        "with_traceback",
        """
def execute_tool(parameters, context):
    try:
        1 / 0
    except ZeroDivisionError as error:
        return str(error.with_traceback(None).__traceback__.tb_next)
""",
    ),
    Case(
        "the class's descriptor",
        """
def execute_tool(parameters, context):
    class Steal(AttributeError):
        take = AttributeError.obj
        def __init__(self):
            self.obj = print
    return str(Steal().take.__self__)
""",
    ),
    Case(
        "the name of a name error",
        """
def execute_tool(parameters, context):
    try:
        nothing_here
    except NameError as error:
        return eval(error.name)
""",
    ),
]
