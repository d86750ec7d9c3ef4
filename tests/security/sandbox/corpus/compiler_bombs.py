"""Code made to break the compiler."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a tower of minus signs",
        "def execute_tool(parameters, context):\n    return " + "-" * 20_000 + "1",
    ),
    Case(
        "deep brackets",
        "def execute_tool(parameters, context):\n    return " + "(" * 5_000 + "1" + ")" * 5_000,
    ),
    Case(
        "a long sum",
        "def execute_tool(parameters, context):\n    return " + "+".join(["parameters"] * 5_000),
    ),
    Case(
        "an attribute chain",
        "def execute_tool(parameters, context):\n    return parameters" + ".a" * 20_000,
    ),
    Case(
        "deep lambdas",
        "def execute_tool(parameters, context):\n    return " + "lambda: " * 8_000 + "1",
    ),
    Case(
        "a power folded early",
        """
def execute_tool(parameters, context):
    return 9 ** 9 ** 9 ** 9
""",
    ),
    Case(
        "a literal with too many digits",
        "def execute_tool(parameters, context):\n    return " + "9" * 20_000,
    ),
    Case(
        "too long",
        "#" + "x" * 70_000 + "\ndef execute_tool(parameters, context):\n    return 1",
    ),
    Case(
        "deep format strings",
        "def execute_tool(parameters, context):\n    return f'"
        + "{'x':" * 200
        + "1"
        + "}" * 200
        + "'",
    ),
    Case(
        "deep indentation",
        "def execute_tool(parameters, context):\n"
        + "".join(" " * depth + "if 1:\n" for depth in range(1, 121))
        + " " * 121
        + "open('x')",
    ),
]
