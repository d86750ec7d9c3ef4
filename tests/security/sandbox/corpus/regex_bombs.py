"""Regular expressions that backtrack."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "nested plus",
        """
def execute_tool(parameters, context):
    import re
    return re.match(r'(a+)+$', 'a' * 40 + 'b')
""",
    ),
    Case(
        "alternation",
        """
def execute_tool(parameters, context):
    import re
    return re.fullmatch(r'(a|a)*b', 'a' * 50)
""",
    ),
    Case(
        "many groups",
        """
def execute_tool(parameters, context):
    import re
    return re.search(r'(.*)*x(.*)*y(.*)*z', 'q' * 5000)
""",
    ),
    Case(
        "a substitution",
        """
def execute_tool(parameters, context):
    import re
    return re.sub(r'((a*)*)*b', '', 'a' * 60)
""",
    ),
    Case(
        "a huge repeat",
        """
def execute_tool(parameters, context):
    import re
    return re.compile(r'((a{1,1000}){1,1000}){1,1000}b').match('a' * 10 ** 6)
""",
    ),
]
