"""Objects that stand for others and hand their attributes on."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a generic alias of str formats",
        """
def execute_tool(parameters, context):
    alias = type(list[int])
    return alias(str, (int,)).format('{0.__class__.__mro__}', 1)
""",
    ),
    Case(
        "a generic alias reads its origin",
        """
def execute_tool(parameters, context):
    return str(list[int].append)
""",
    ),
    Case(
        "a union's type",
        """
def execute_tool(parameters, context):
    return str(type(int | str))
""",
    ),
    Case(
        "super over an exception of one's own",
        """
def execute_tool(parameters, context):
    class E(AttributeError):
        pass
    try:
        raise E('x')
    except E as error:
        return str(super(E, error).obj)
""",
    ),
    Case(
        "the mapping behind a view",
        """
def execute_tool(parameters, context):
    return type({}.keys().mapping)({'a': 1})
""",
    ),
    Case(
        "a chain map's parts",
        """
def execute_tool(parameters, context):
    import collections, json
    return collections.ChainMap({'a': json}).maps[0]['a'].decoder
""",
    ),
    Case(
        "a copy of a module",
        """
def execute_tool(parameters, context):
    import copy, json
    return copy.copy(json)
""",
    ),
    Case(
        "a copy of a generator",
        """
def execute_tool(parameters, context):
    import copy
    return copy.copy(x for x in [1])
""",
    ),
]
