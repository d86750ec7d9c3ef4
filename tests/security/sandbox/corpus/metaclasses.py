"""Type and metaclass tricks."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "type with three arguments",
        """
def execute_tool(parameters, context):
    return str(type('X', (object,), {'__getattr__': print})())
""",
    ),
    Case(
        "type of type",
        """
def execute_tool(parameters, context):
    maker = type(type(1))
    return str(maker('X', (), {}))
""",
    ),
    Case(
        "a metaclass by keyword",
        """
def execute_tool(parameters, context):
    class X(metaclass=print):
        pass
    return 1
""",
    ),
    Case(
        "the type of one's own class",
        """
def execute_tool(parameters, context):
    class A:
        pass
    return str(type(A)('B', (str,), {}))
""",
    ),
    Case(
        "type as a base",
        """
def execute_tool(parameters, context):
    class Meta(type):
        pass
    return str(Meta('X', (), {}))
""",
    ),
    Case(
        "bases by a star",
        """
def execute_tool(parameters, context):
    class X(*[type(print)]):
        pass
    return str(X)
""",
    ),
    Case(
        "class keyword arguments",
        """
def execute_tool(parameters, context):
    class A:
        pass
    class B(A, boundary=None, **{'metaclass': print}):
        pass
    return 1
""",
    ),
    Case(
        "__init_subclass__",
        """
def execute_tool(parameters, context):
    class A:
        def __init_subclass__(cls):
            cls.leak = cls.__mro__
    class B(A):
        pass
    return str(B.leak)
""",
    ),
]
