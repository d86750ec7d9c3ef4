"""Import statements and their machinery."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "os",
        """
def execute_tool(parameters, context):
    import os
    return os.environ['SANDBOX_CANARY']
""",
    ),
    Case(
        "a submodule of what is allowed",
        """
def execute_tool(parameters, context):
    import json.decoder
    return str(json.decoder.scanner)
""",
    ),
    Case(
        "__import__",
        """
def execute_tool(parameters, context):
    return __import__('os').getcwd()
""",
    ),
    Case(
        "a star",
        """
def execute_tool(parameters, context):
    from math import *
    return sqrt(4)
""",
    ),
    Case(
        "a relative import",
        """
def execute_tool(parameters, context):
    from . import client
    return str(client)
""",
    ),
    Case(
        "importlib",
        """
def execute_tool(parameters, context):
    import importlib
    return importlib.import_module('os').name
""",
    ),
    Case(
        "a private module behind strptime",
        """
def execute_tool(parameters, context):
    import _strptime
    return _strptime._thread_allocate_lock()
""",
    ),
    Case(
        "what is not in allowed_imports",
        """
def execute_tool(parameters, context):
    import math
    return math.pi
""",
        imports=("json",),
    ),
    Case(
        "time without being allowed",
        """
def execute_tool(parameters, context):
    import time
    return time.time()
""",
        imports=("datetime",),
    ),
    Case(
        "an import whose name is computed",
        """
def execute_tool(parameters, context):
    return getattr(__builtins__, '__imp' + 'ort__')('os')
""",
    ),
]
