"""What a class body may say."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "slots that name hooks",
        """
class A:
    __slots__ = ('_getattr_',)

def execute_tool(parameters, context):
    return 1
""",
    ),
    Case(
        "__class__ as a property",
        """
class A:
    __class__ = property(lambda self: str)

def execute_tool(parameters, context):
    return isinstance(A(), str)
""",
    ),
    Case(
        "__getattribute__",
        """
class A:
    def __getattribute__(self, name):
        return print

def execute_tool(parameters, context):
    return A().x
""",
    ),
    Case(
        "__reduce__",
        """
class A:
    def __reduce__(self):
        return (print, ('x',))

def execute_tool(parameters, context):
    return 1
""",
    ),
    Case(
        "__new__",
        """
class A:
    def __new__(cls):
        return print

def execute_tool(parameters, context):
    return A()
""",
    ),
    Case(
        "__del__",
        """
class A:
    def __del__(self):
        print('late')

def execute_tool(parameters, context):
    return 1
""",
    ),
    Case(
        "__mro_entries__",
        """
class A:
    def __mro_entries__(self, bases):
        return (str,)

class B(A()):
    pass

def execute_tool(parameters, context):
    return B('x')
""",
    ),
    Case(
        "annotations that run",
        """
class A:
    x: open('/etc/passwd') = 1

def execute_tool(parameters, context):
    return A.__annotations__
""",
    ),
    Case(
        "locals of the body",
        """
class A:
    here = locals()

def execute_tool(parameters, context):
    return A.here
""",
    ),
    Case(
        "building on a builtin",
        """
class Text(str):
    def __eq__(self, other):
        return True

def execute_tool(parameters, context):
    return Text('a') == 'b'
""",
    ),
]
