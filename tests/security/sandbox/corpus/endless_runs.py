"""Loops without end and recursion."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a loop",
        """
def execute_tool(parameters, context):
    while True:
        pass
""",
    ),
    Case(
        "a loop that catches everything",
        """
def execute_tool(parameters, context):
    while True:
        try:
            while True:
                pass
        except:
            continue
""",
    ),
    Case(
        "sleep",
        """
def execute_tool(parameters, context):
    from time import sleep
    sleep(3600)
    return 1
""",
    ),
    Case(
        "recursion",
        """
def execute_tool(parameters, context):
    def f(n):
        return f(n + 1)
    return f(0)
""",
    ),
    Case(
        "recursion through repr",
        """
def execute_tool(parameters, context):
    a = []
    a.append(a)
    class R:
        def __repr__(self):
            return repr(self)
    return repr(R())
""",
    ),
    Case(
        "recursion through a special method",
        """
def execute_tool(parameters, context):
    class R:
        def __eq__(self, other):
            return self == other
    return R() == R()
""",
    ),
    Case(
        "an iterator without end",
        """
def execute_tool(parameters, context):
    import itertools
    return list(itertools.filterfalse(bool, itertools.repeat(1)))
""",
    ),
    Case(
        "sum of a generator without end",
        """
def execute_tool(parameters, context):
    def forever():
        while True:
            yield 1
    return sum(forever())
""",
    ),
    Case(
        "a loop at the top level",
        """
while True:
    pass

def execute_tool(parameters, context):
    return 1
""",
    ),
]
