"""Functions of Python that tools do not have."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "open",
        """
def execute_tool(parameters, context):
    return open('/etc/passwd').read()
""",
    ),
    Case(
        "eval",
        """
def execute_tool(parameters, context):
    return eval('1+1')
""",
    ),
    Case(
        "exec",
        """
def execute_tool(parameters, context):
    exec('import os')
    return 1
""",
    ),
    Case(
        "compile",
        """
def execute_tool(parameters, context):
    return str(compile('1', 'x', 'eval'))
""",
    ),
    Case(
        "globals",
        """
def execute_tool(parameters, context):
    return str(globals())
""",
    ),
    Case(
        "breakpoint",
        """
def execute_tool(parameters, context):
    breakpoint()
    return 1
""",
    ),
    Case(
        "input",
        """
def execute_tool(parameters, context):
    return input()
""",
    ),
    Case(
        "eval under another name",
        """
def execute_tool(parameters, context):
    run = [eval][0]
    return run('2')
""",
    ),
    Case(
        "memoryview",
        """
def execute_tool(parameters, context):
    return str(memoryview(b'x'))
""",
    ),
    Case(
        "id",
        """
def execute_tool(parameters, context):
    return id(parameters)
""",
    ),
]
