"""CVE-2023-41039 and CVE-2026-76825: string.Formatter and its methods."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "the class",
        """
import string

def execute_tool(parameters, context):
    return string.Formatter().format('{0.__class__}', 1)
""",
    ),
    Case(
        "from import",
        """
from string import Formatter

def execute_tool(parameters, context):
    return Formatter().vformat('{0.__class__}', (1,), {})
""",
    ),
    Case(
        "get_field alone",
        """
import string

def execute_tool(parameters, context):
    return getattr(string, 'Formatter')().get_field('0.__class__', (1,), {})
""",
    ),
    Case(
        "the private parser",
        """
import string

def execute_tool(parameters, context):
    return str(string._string.formatter_parser('{0}'))
""",
    ),
    Case(
        "through the template's module",
        """
import string

def execute_tool(parameters, context):
    return string.Template('').__class__.__init__.__globals__['Formatter']
""",
    ),
    Case(
        "a subclass of str that formats",
        """
def execute_tool(parameters, context):
    class Text(str):
        pass
    return Text('{0.__class__}').format(1)
""",
    ),
]
