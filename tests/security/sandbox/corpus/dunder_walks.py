"""Walking from any value to the interpreter by special attributes."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "subclasses of object",
        """
def execute_tool(parameters, context):
    return str(().__class__.__bases__[0].__subclasses__())
""",
    ),
    Case(
        "globals of a function",
        """
def execute_tool(parameters, context):
    return str(execute_tool.__globals__['__builtins__'])
""",
    ),
    Case(
        "builtins through a builtin's self",
        """
def execute_tool(parameters, context):
    return str(print.__self__)
""",
    ),
    Case(
        "code of a function",
        """
def execute_tool(parameters, context):
    execute_tool.__code__ = (lambda: 0).__code__
    return 'changed'
""",
    ),
    Case(
        "dict of an instance through vars",
        """
def execute_tool(parameters, context):
    return vars(vars)['__globals__']
""",
    ),
    Case(
        "mro by its plain name",
        """
def execute_tool(parameters, context):
    return str(type(3).mro())
""",
    ),
    Case(
        "closure cells",
        """
def execute_tool(parameters, context):
    return (lambda x: (lambda: x))(1).__closure__[0].cell_contents
""",
    ),
]
