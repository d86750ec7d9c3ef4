"""The requests facade used against its host."""

from tests.security.sandbox.cases import Case

CASES = [
    Case(
        "a file",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('file:///etc/passwd').text
""",
    ),
    Case(
        "this machine",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('http://127.0.0.1:1/').text
""",
    ),
    Case(
        "the cloud's metadata",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('http://169.254.169.254/latest/meta-data/').text
""",
    ),
    Case(
        "a proxy",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('https://example.com/', proxies={'https': 'http://127.0.0.1'}).text
""",
    ),
    Case(
        "no certificate check",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('https://example.com/', verify=False).text
""",
    ),
    Case(
        "a session",
        """
def execute_tool(parameters, context):
    import requests
    return requests.Session().get('https://example.com/').text
""",
    ),
    Case(
        "an adapter",
        """
def execute_tool(parameters, context):
    import requests
    return str(requests.adapters.HTTPAdapter)
""",
    ),
    Case(
        "files",
        """
def execute_tool(parameters, context):
    import requests
    return requests.post('https://example.com/', files={'f': '/etc/passwd'}).text
""",
    ),
    Case(
        "an address that is an object",
        """
def execute_tool(parameters, context):
    import requests
    class U:
        def __str__(self):
            return 'file:///etc/passwd'
    return requests.get(U()).text
""",
    ),
    Case(
        "a header with a line break",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('https://example.com/', headers={'A': 'b\\r\\nHost: x'}).text
""",
    ),
    Case(
        "another address in numbers",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('http://2130706433/').text
""",
    ),
    Case(
        "a user before the host",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('http://example.com@127.0.0.1/').text
""",
    ),
    Case(
        "the facade's way out",
        """
def execute_tool(parameters, context):
    import requests
    return str(requests.get.__closure__)
""",
    ),
    Case(
        "too many calls",
        """
def execute_tool(parameters, context):
    import requests
    for _ in range(100):
        requests.get('https://example.com/')
    return 1
""",
    ),
    Case(
        "unix socket",
        """
def execute_tool(parameters, context):
    import requests
    return requests.get('http+unix://%2Fvar%2Frun%2Fdocker.sock/info').text
""",
    ),
]
