"""Numbers that take for ever."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a power",
        """
def execute_tool(parameters, context):
    return str(10 ** 10 ** 9)
""",
    ),
    Case(
        "a factorial",
        """
def execute_tool(parameters, context):
    import math
    return math.factorial(10 ** 8)
""",
    ),
    Case(
        "pow with three arguments",
        """
def execute_tool(parameters, context):
    return pow(3, 10 ** 7, 7 ** 999999)
""",
    ),
    Case(
        "a shift",
        """
def execute_tool(parameters, context):
    return (1 << (1 << 40)).bit_length()
""",
    ),
    Case(
        "comb",
        """
def execute_tool(parameters, context):
    import math
    return math.comb(10 ** 8, 5 * 10 ** 7)
""",
    ),
    Case(
        "decimal exponent",
        """
def execute_tool(parameters, context):
    from decimal import Decimal, Context
    return str(Context(prec=10 ** 9).divide(Decimal(1), Decimal(7)))
""",
    ),
    Case(
        "a range summed",
        """
def execute_tool(parameters, context):
    return sum(range(10 ** 13))
""",
    ),
    Case(
        "a number as answer",
        """
def execute_tool(parameters, context):
    return 2 ** 4000
""",
    ),
]
