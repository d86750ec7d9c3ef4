"""AWS in the environment: the stand-in under DEMO, and nobody uses the machine's own keys."""

import pytest

from tests.unit.settings.starting import start

SHOW = (
    "import config.settings.base as s; "
    "print(s.AWS_ENDPOINT_URL, sorted(s.AWS_HOST_CREDENTIALS_FOR))"
)


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, " []"),
        ({"DEMO": "1", "STAND_INS_PORT": "9001"}, "http://127.0.0.1:9001 []"),
        ({"DEMO": "1", "AWS_ENDPOINT_URL": "https://aws.example.com/"},
         "https://aws.example.com []"),
        ({"AWS_HOST_CREDENTIALS_FOR": "7:billing,3"}, " ['3', '7:billing']"),
    ],
)  # fmt: skip
def test_what_the_environment_says(changed: dict[str, str], shown: str) -> None:
    done = start(SHOW, **changed)
    assert done.stdout.rstrip("\n") == shown, done.stderr
