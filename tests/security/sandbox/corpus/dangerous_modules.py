"""Serialisation, native code and processes by import."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "pickle",
        """
def execute_tool(parameters, context):
    import pickle
    return pickle.loads(b"cos\\nsystem\\n(S'id'\\ntR.")
""",
    ),
    Case(
        "marshal",
        """
def execute_tool(parameters, context):
    import marshal
    return str(marshal.loads(b''))
""",
    ),
    Case(
        "ctypes",
        """
def execute_tool(parameters, context):
    import ctypes
    return ctypes.CDLL(None).getpid()
""",
    ),
    Case(
        "subprocess",
        """
def execute_tool(parameters, context):
    import subprocess
    return subprocess.check_output(['id'])
""",
    ),
    Case(
        "socket",
        """
def execute_tool(parameters, context):
    import socket
    return socket.gethostname()
""",
    ),
    Case(
        "sys",
        """
def execute_tool(parameters, context):
    from sys import modules
    return str(modules['os'])
""",
    ),
    Case(
        "gc",
        """
def execute_tool(parameters, context):
    import gc
    return str(gc.get_objects())
""",
    ),
    Case(
        "threading",
        """
def execute_tool(parameters, context):
    import threading
    threading.Thread(target=print).start()
    return 1
""",
    ),
    Case(
        "operator",
        """
def execute_tool(parameters, context):
    import operator
    return str(operator.attrgetter('__class__')(1))
""",
    ),
    Case(
        "inspect",
        """
def execute_tool(parameters, context):
    import inspect
    return str(inspect.stack())
""",
    ),
]
