"""getattr, hasattr, setattr, vars and their like."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "getattr with a built name",
        """
def execute_tool(parameters, context):
    return str(getattr(3, '__' + 'class__').__base__)
""",
    ),
    Case(
        "getattr with a default",
        """
def execute_tool(parameters, context):
    return str(getattr(execute_tool, '__globals__', 1))
""",
    ),
    Case(
        "a subclass of str as name",
        """
def execute_tool(parameters, context):
    class Name(str):
        pass
    return getattr(3, Name('__class__'))
""",
    ),
    Case(
        "an object that calls itself a text",
        """
def execute_tool(parameters, context):
    class Name:
        def __str__(self):
            return '__class__'
        def __eq__(self, other):
            return True
        def __hash__(self):
            return 0
    return str(getattr(3, Name()))
""",
    ),
    Case(
        "setattr on a module",
        """
def execute_tool(parameters, context):
    import json
    setattr(json, 'loads', print)
    return json.loads('1')
""",
    ),
    Case(
        "setattr on a builtin type",
        """
def execute_tool(parameters, context):
    setattr(dict, 'get', print)
    return {}.get(1)
""",
    ),
    Case(
        "delattr of a hook",
        """
def execute_tool(parameters, context):
    delattr(execute_tool, '__code__')
    return 1
""",
    ),
    Case(
        "setattr of a special method",
        """
def execute_tool(parameters, context):
    class A:
        pass
    setattr(A, '__getattr__', print)
    return A().x
""",
    ),
    Case(
        "bytes as name",
        """
def execute_tool(parameters, context):
    return str(getattr(3, b'real'))
""",
    ),
    Case(
        "map over getattr",
        """
def execute_tool(parameters, context):
    return str(list(map(getattr, [3, print], ['__class__', '__self__'])))
""",
    ),
    Case(
        "sorted by getattr",
        """
def execute_tool(parameters, context):
    return str(sorted(['__class__', '__doc__'], key=lambda n: getattr(print, '__self__')))
""",
    ),
]
