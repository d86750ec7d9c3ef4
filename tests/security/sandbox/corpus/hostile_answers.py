"""Answers made to harm who reads them."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "contains itself",
        """
def execute_tool(parameters, context):
    a = []
    a.append(a)
    return a
""",
    ),
    Case(
        "nested deep",
        """
def execute_tool(parameters, context):
    a = []
    for _ in range(100000):
        a = [a]
    return a
""",
    ),
    Case(
        "an object with an evil text",
        """
def execute_tool(parameters, context):
    class E:
        def __str__(self):
            raise SystemError
        def __len__(self):
            return 10 ** 12
    return E()
""",
    ),
    Case(
        "keys that are objects",
        """
def execute_tool(parameters, context):
    class K:
        def __hash__(self):
            return 1
    return {K(): 1}
""",
    ),
    Case(
        "a generator",
        """
def execute_tool(parameters, context):
    return (x for x in [1])
""",
    ),
    Case(
        "a function",
        """
def execute_tool(parameters, context):
    return {'data': execute_tool}
""",
    ),
    Case(
        "a module",
        """
def execute_tool(parameters, context):
    import json
    return [json]
""",
    ),
    Case(
        "an exception with an evil text",
        """
def execute_tool(parameters, context):
    class E(Exception):
        def __str__(self):
            while True:
                return 3
    raise E()
""",
    ),
    Case(
        "an exception whose text fails",
        """
def execute_tool(parameters, context):
    class E(Exception):
        def __str__(self):
            raise E()
    raise E()
""",
    ),
    Case(
        "bytes",
        """
def execute_tool(parameters, context):
    return b'\\xff'
""",
    ),
    Case(
        "a class",
        """
def execute_tool(parameters, context):
    class A:
        pass
    return A
""",
    ),
]
