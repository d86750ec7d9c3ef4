"""Looking for what the host keeps."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "the environment",
        """
def execute_tool(parameters, context):
    import os
    return dict(os.environ)
""",
    ),
    Case(
        "the environment by its file",
        """
def execute_tool(parameters, context):
    return open('/proc/self/environ').read()
""",
    ),
    Case(
        "the parent's environment",
        """
def execute_tool(parameters, context):
    return open('/proc/1/environ').read()
""",
    ),
    Case(
        "the context's hidden entries",
        """
def execute_tool(parameters, context):
    return context['environment_variables']['SANDBOX_CANARY']
""",
    ),
    Case(
        "settings",
        """
def execute_tool(parameters, context):
    from django.conf import settings
    return settings.SECRET_KEY
""",
    ),
    Case(
        "the sandbox's own modules",
        """
def execute_tool(parameters, context):
    import tools_library.sandbox.client as c
    return str(c)
""",
    ),
    Case(
        "the policy's modules",
        """
def execute_tool(parameters, context):
    from tools_library.sandbox.policy import facade
    return str(facade._tables)
""",
    ),
    Case(
        "the main module",
        """
def execute_tool(parameters, context):
    import __main__
    return str(vars(__main__))
""",
    ),
]
