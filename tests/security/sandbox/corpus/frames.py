"""CVE-2023-37271: frames, tracebacks and generators."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "frame of a generator",
        """
def execute_tool(parameters, context):
    g = (g.gi_frame.f_back for _ in [1])
    return str([x for x in g])
""",
    ),
    Case(
        "frame by getattr",
        """
def execute_tool(parameters, context):
    g = (x for x in [1])
    return str(getattr(g, 'gi_' + 'frame'))
""",
    ),
    Case(
        "traceback of an exception",
        """
def execute_tool(parameters, context):
    try:
        1 / 0
    except ZeroDivisionError as error:
        return error.__traceback__.tb_frame.f_globals
""",
    ),
    Case(
        "traceback handed to __exit__",
        """
def execute_tool(parameters, context):
    class Spy:
        def __enter__(self):
            return self
        def __exit__(self, kind, error, trace):
            self.frame = getattr(trace, 'tb_frame')
            return True
    with Spy() as spy:
        raise ValueError
    return str(spy.frame.f_globals)
""",
    ),
    Case(
        "yield from of a generator",
        """
def execute_tool(parameters, context):
    def inner():
        yield 1
    def outer():
        yield from inner()
    g = outer()
    next(g)
    return str(g.gi_yieldfrom.gi_frame)
""",
    ),
    Case(
        "code of a generator",
        """
def execute_tool(parameters, context):
    g = (x for x in [1])
    return str(getattr(g, ''.join(['gi', '_code'])))
""",
    ),
    Case(
        "generator type's descriptor",
        """
def execute_tool(parameters, context):
    kind = type(x for x in [])
    return str(kind.gi_frame)
""",
    ),
]
