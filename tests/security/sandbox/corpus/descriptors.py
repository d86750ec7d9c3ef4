"""Descriptors, properties and super."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "the getter's globals",
        """
def execute_tool(parameters, context):
    class A:
        @property
        def x(self):
            return 1
    return str(A.x.fget.__globals__)
""",
    ),
    Case(
        "__get__ by name",
        """
def execute_tool(parameters, context):
    return str(execute_tool.__get__(1))
""",
    ),
    Case(
        "__set_name__",
        """
def execute_tool(parameters, context):
    class D:
        def __set_name__(self, owner, name):
            self.owner = owner.__mro__
    class A:
        d = D()
    return str(A.d.owner)
""",
    ),
    Case(
        "super over a builtin",
        """
def execute_tool(parameters, context):
    return str(super(str, 'x').__init__.__self__)
""",
    ),
    Case(
        "super called something else",
        """
def execute_tool(parameters, context):
    super = lambda: print
    return str(super().__self__)
""",
    ),
    Case(
        "a member descriptor of a library",
        """
def execute_tool(parameters, context):
    import datetime
    return str(datetime.datetime.year.__objclass__.__subclasses__())
""",
    ),
    Case(
        "__init__ of a module's facade",
        """
def execute_tool(parameters, context):
    import json
    json.__init__(print)
    return 1
""",
    ),
    Case(
        "slot wrappers",
        """
def execute_tool(parameters, context):
    return str(object.__subclasses__())
""",
    ),
]
