"""Modules that other modules hold."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "json.codecs",
        """
def execute_tool(parameters, context):
    import json
    return json.codecs.open('/etc/passwd').read()
""",
    ),
    Case(
        "datetime.sys",
        """
def execute_tool(parameters, context):
    import datetime
    return str(datetime.sys.modules)
""",
    ),
    Case(
        "statistics.random",
        """
def execute_tool(parameters, context):
    import statistics
    return str(statistics.random._os.environ)
""",
    ),
    Case(
        "re.enum.sys",
        """
def execute_tool(parameters, context):
    import re
    return str(re.enum.sys.modules['os'])
""",
    ),
    Case(
        "uuid.os",
        """
def execute_tool(parameters, context):
    import uuid
    return uuid.os.popen('id').read()
""",
    ),
    Case(
        "requests.utils.os",
        """
def execute_tool(parameters, context):
    import requests
    return str(requests.utils.os.environ)
""",
    ),
    Case(
        "collections.abc.sys",
        """
def execute_tool(parameters, context):
    from collections import abc
    return str(abc.sys)
""",
    ),
    Case(
        "dataclasses.inspect",
        """
def execute_tool(parameters, context):
    import dataclasses
    return str(dataclasses.inspect.currentframe())
""",
    ),
    Case(
        "the facade's own table",
        """
def execute_tool(parameters, context):
    import json
    return str(json.__slots__)
""",
    ),
    Case(
        "the facade's type",
        """
def execute_tool(parameters, context):
    import json
    return str(type(json)())
""",
    ),
    Case(
        "random's generator class",
        """
def execute_tool(parameters, context):
    import random
    return str(random.SystemRandom()._urandom)
""",
    ),
]
