"""Closures, decorators and default values."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a decorator that is a guard's name",
        """
def execute_tool(parameters, context):
    @_getattr_
    def f(): pass
    return 1
""",
    ),
    Case(
        "a decorator that reads globals",
        """
def execute_tool(parameters, context):
    def spy(f):
        return f.__globals__
    @spy
    def g(): pass
    return str(g)
""",
    ),
    Case(
        "defaults of a function",
        """
def execute_tool(parameters, context):
    def f(x=execute_tool):
        return x
    return str(f.__defaults__)
""",
    ),
    Case(
        "nonlocal of a hook",
        """
def execute_tool(parameters, context):
    _apply_ = 1
    def f():
        nonlocal _apply_
        _apply_ = print
    f()
    return 1
""",
    ),
    Case(
        "a lambda's code",
        """
def execute_tool(parameters, context):
    return str((lambda: 0).__code__.co_consts)
""",
    ),
    Case(
        "the partial's function",
        """
def execute_tool(parameters, context):
    import functools
    return str(functools.partial(print).func.__self__)
""",
    ),
    Case(
        "the wrapped function of a cache",
        """
def execute_tool(parameters, context):
    import functools
    return str(functools.lru_cache(execute_tool).__wrapped__.__globals__)
""",
    ),
    Case(
        "writing on a function",
        """
def execute_tool(parameters, context):
    execute_tool.note = 1
    return execute_tool.note
""",
    ),
]
