"""More memory than allowed."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a list",
        """
def execute_tool(parameters, context):
    data = [0]
    while True:
        data = data * 2
""",
        memory=32,
    ),
    Case(
        "bytes",
        """
def execute_tool(parameters, context):
    return len(bytes(10 ** 9))
""",
        memory=32,
    ),
    Case(
        "a text doubled",
        """
def execute_tool(parameters, context):
    text = 'x'
    for _ in range(40):
        text += text
    return len(text)
""",
        memory=32,
    ),
    Case(
        "a bytearray that catches its errors",
        """
def execute_tool(parameters, context):
    held = []
    while True:
        try:
            held.append(bytearray(1 << 20))
        except MemoryError:
            pass
""",
        memory=32,
    ),
    Case(
        "permutations as a list",
        """
def execute_tool(parameters, context):
    import itertools
    return len(list(itertools.permutations(range(12))))
""",
        memory=32,
    ),
    Case(
        "a dict of lists",
        """
def execute_tool(parameters, context):
    d = {}
    for i in range(10 ** 8):
        d[i] = [i] * 10
    return len(d)
""",
        memory=32,
    ),
    Case(
        "random bytes",
        """
def execute_tool(parameters, context):
    import random
    return len(random.randbytes(10 ** 9))
""",
        memory=32,
    ),
]
