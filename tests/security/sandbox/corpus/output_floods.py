"""More output than anybody reads."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a long line",
        """
def execute_tool(parameters, context):
    print('x' * 10 ** 7)
    raise ValueError('done')
""",
        memory=128,
    ),
    Case(
        "many lines",
        """
def execute_tool(parameters, context):
    while True:
        print('again')
""",
    ),
    Case(
        "a long error",
        """
def execute_tool(parameters, context):
    raise ValueError('x' * 10 ** 7)
""",
        memory=128,
    ),
    Case(
        "a large answer",
        """
def execute_tool(parameters, context):
    return 'x' * (5 * 10 ** 6)
""",
        memory=128,
    ),
    Case(
        "many values",
        """
def execute_tool(parameters, context):
    return [[0] * 1000] * 1000
""",
    ),
    Case(
        "print to an object",
        """
def execute_tool(parameters, context):
    class Out:
        def write(self, text):
            return text
    print('x', file=Out())
    return 1
""",
    ),
    Case(
        "control characters in an error",
        """
def execute_tool(parameters, context):
    raise ValueError('\\x1b[2J\\x00\\ud800 ' + chr(8238))
""",
    ),
]
