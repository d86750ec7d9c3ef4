"""CVE-2026-55830: arguments and names that shadow the guards."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a positional-only parameter",
        """
def execute_tool(parameters, context, _getattr_=lambda o, n: o, /):
    return parameters.items
""",
    ),
    Case(
        "a parameter of a lambda",
        """
def execute_tool(parameters, context):
    return (lambda _write_, /: 1)(2)
""",
    ),
    Case(
        "a global statement",
        """
def execute_tool(parameters, context):
    global _getattr_
    _getattr_ = lambda value, name: value
    return parameters.x
""",
    ),
    Case(
        "an exception's name",
        """
def execute_tool(parameters, context):
    try:
        1 / 0
    except ZeroDivisionError as _getitem_:
        return [1][0]
""",
    ),
    Case(
        "an import's alias",
        """
def execute_tool(parameters, context):
    import math as _write_
    parameters['x'] = 1
    return parameters
""",
    ),
    Case(
        "a comprehension's target",
        """
def execute_tool(parameters, context):
    return [1 for _getiter_ in [print]]
""",
    ),
    Case(
        "a walrus",
        """
def execute_tool(parameters, context):
    return [(_getattr_ := print), parameters.x]
""",
    ),
    Case(
        "a class body",
        """
class Box:
    _getattr_ = print
    value = 'x'.upper()

def execute_tool(parameters, context):
    return Box.value
""",
    ),
    Case(
        "a keyword-only parameter",
        """
def execute_tool(parameters, context, *, __metaclass__=print):
    class A: pass
    return A
""",
    ),
    Case(
        "the import check",
        """
def execute_tool(parameters, context):
    _imports_ = lambda rows: None
    import os
    return os.name
""",
    ),
]
