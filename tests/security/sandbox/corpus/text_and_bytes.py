"""Tricks with texts, bytes and codecs."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "codec by a path",
        """
def execute_tool(parameters, context):
    return 'x'.encode('../../os')
""",
    ),
    Case(
        "codec of a module",
        """
def execute_tool(parameters, context):
    return 'x'.encode('os.path')
""",
    ),
    Case(
        "a compressing codec",
        """
def execute_tool(parameters, context):
    return bytes(10).decode('zlib_codec')
""",
    ),
    Case(
        "error handler by name",
        "def execute_tool(parameters, context):\n    return '\xf1'.encode('ascii', 'mine')",
    ),
    Case(
        "maketrans and a broken identifier",
        """
def execute_tool(parameters, context):
    return eval('\\uff4f\\uff50\\uff45\\uff4e')
""",
    ),
    Case(
        "an identifier in other letters",
        "def execute_tool(parameters, context):\n"
        "    return \uff4f\uff50\uff45\uff4e('/etc/passwd')",
    ),
    Case(
        "a special attribute in other letters",
        "def execute_tool(parameters, context):\n"
        "    return ().\uff3f\uff3f\uff43\uff4c\uff41\uff53\uff53\uff3f\uff3f.mro()",
    ),
    Case(
        "NUL in the code",
        "def execute_tool(parameters, context):\n    return '\x00'",
    ),
    Case(
        "huge padding",
        """
def execute_tool(parameters, context):
    return '{:>999999999}'.format('x')
""",
        memory=32,
    ),
    Case(
        "huge percent width",
        """
def execute_tool(parameters, context):
    return '%999999999d' % 1
""",
        memory=32,
    ),
]
