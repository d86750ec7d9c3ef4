"""The environment: what is wrong stops the start and names itself; the example lists it all."""

import re
from pathlib import Path

import pytest

from tests.unit.settings.starting import COMPLETE, ROOT, start


def test_a_complete_environment_starts() -> None:
    done = start()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY", "CREDENTIALS_KEYS", "PUBLIC_URL", "OPENAI_API_KEY", "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ],
)  # fmt: skip
def test_a_missing_one_stops_the_start_and_names_itself(name: str) -> None:
    done = start(**{name: None})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set" in done.stderr


def test_the_demo_starts_with_nothing_set() -> None:
    done = start(**{**dict.fromkeys(COMPLETE), "DEMO": "1"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDENTIALS_KEYS", "not-a-key"),
        ("CREDENTIALS_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,short"),
        ("CREDENTIALS_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=,ключ"),
        ("CREDENTIALS_KEYS", ","),
        ("PUBLIC_URL", "https://voice.example.com/path"),
        ("PUBLIC_URL", "voice.example.com"),
        ("PUBLIC_URL", "https://voice.example.com?x=1"),
        ("PUBLIC_URL", "https://voice.example.com:abc"),
        ("PUBLIC_URL", "https://user@voice.example.com"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "postgres://host:abc/name"),
        ("DATABASE_URL", "postgres://"),
        ("DATABASE_URL", "oracle://host/name"),
        ("REDIS_URL", "garbage"),
        ("REDIS_URL", "redis://host:abc/0"),
        ("REDIS_URL", "http://host:6379"),
        ("CELERY_BROKER_URL", "sqs://host"),
        ("JOBS_THREADS", "abc"),
        ("JOBS_THREADS", "0"),
        ("JOBS_THREADS", "100000"),
        ("METRICS_ALLOW", "10.0.0.0/8,here"),
        ("DEBUG", "perhaps"),
        ("DEMO", "perhaps"),
        ("OUTBOUND_ALLOW", "no-port.example.com"),
        ("OUTBOUND_ALLOW", "my_db.example.com:5432"),
        ("OPENAI_BASE_URL", "api.example.com"),
        ("TWILIO_API_BASE_URL", "stand-in"),
        ("TWILIO_PHONE_NUMBER", "555 0100"),
    ],
)
def test_a_wrong_one_stops_the_start_and_names_itself(name: str, value: str) -> None:
    done = start(**{name: value})
    assert done.returncode != 0, f"{name}={value} was accepted"
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert name in last


def test_a_secret_may_come_from_a_mounted_file(tmp_path: Path) -> None:
    secret = tmp_path / "openai"
    secret.write_text("from-a-file")
    done = start(OPENAI_API_KEY=None, OPENAI_API_KEY_FILE=str(secret))
    assert done.returncode == 0, done.stderr


def test_no_message_shows_a_key() -> None:
    done = start(CREDENTIALS_KEYS="hush-hush")
    assert "hush-hush" not in done.stderr


def test_the_second_key_only_decrypts_and_may_stand_in_a_file(tmp_path: Path) -> None:
    mounted = tmp_path / "keys"
    mounted.write_text(f"{COMPLETE['CREDENTIALS_KEYS']}, {'A' * 43}=\n")
    done = start(CREDENTIALS_KEYS=None, CREDENTIALS_KEYS_FILE=str(mounted))
    assert done.returncode == 0, done.stderr


def test_no_message_shows_a_secret() -> None:
    done = start(DATABASE_URL="postgres://app:hush-hush@host:abc/name")
    assert done.returncode != 0
    assert "hush-hush" not in done.stderr.splitlines()[-1]


_READERS = (
    "env|flag|required|number|origin|address|server|database|networks|host_ports|phone_number|"
    "choice|sender"
)
_READS = re.compile(rf"""(?<![\w.])(?:{_READERS})(?:\.\w+)?\(\s*["']([A-Z][A-Z0-9_]+)["']""")


def test_the_example_lists_every_variable_and_no_other() -> None:
    read: set[str] = set()
    for path in (ROOT / "config" / "settings").glob("*.py"):
        if path.name in {"dev.py", "test.py"}:
            continue  # they set defaults of what base reads
        read |= set(_READS.findall(path.read_text()))
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, flags=re.MULTILINE))
    assert listed == read
