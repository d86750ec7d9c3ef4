"""What `make run` serves: SQLite, jobs in the process, stand-ins; driven as strangers drive it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.services.ports import free_port
from tests.services.product import ROOT, Product, manage, start_product

pytestmark = pytest.mark.xdist_group("demo")  # all in one process, which starts it once

PASSWORD = "demo-voiceassist"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The demo server on a database of its own, started as the Makefile starts it."""
    database = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    env = {
        "DEMO": "1",
        "DATABASE_URL": f"sqlite:///{database}",
        "STAND_INS_PORT": str(free_port()),
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }
    manage("seed_demo", "--migrate", env=env)
    running = start_product(env)
    yield running
    running.stop()


def test_health_asks_the_database_alone(demo: Product) -> None:
    report = requests.get(f"{demo.url}/health", timeout=60).json()
    assert report["status"] == "healthy"
    assert "database" in report["checks"]
    assert not {"redis", "broker"} & set(report["checks"])


def test_the_demo_login_opens_the_calls_page(demo: Product) -> None:
    with requests.Session() as browser:
        page = browser.get(f"{demo.url}/calls", timeout=60)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, "the calls page leads to the sign-in form"
        form = {"login": "owner@example.com", "password": PASSWORD}
        answer = browser.post(
            page.url,
            data={**form, "csrfmiddlewaretoken": token[1]},
            headers={"Referer": page.url},
            timeout=60,
        )
        assert answer.status_code == 200
        assert browser.get(f"{demo.url}/calls", timeout=60).url == f"{demo.url}/calls"


def test_an_unsigned_ring_is_refused(demo: Product) -> None:
    ring = {"CallSid": "CA" + "0" * 32, "From": "+12025550177", "To": "+12025550100"}
    assert requests.post(f"{demo.url}/twilio/voice", data=ring, timeout=60).status_code == 403


def test_static_files_are_served_without_collecting_them(demo: Product) -> None:
    for path in ("css/tokens.css", "icons.svg", "unfold/css/styles.css"):
        answer = requests.get(f"{demo.url}/static/{path}", timeout=60)
        assert answer.status_code == 200, path
        assert answer.content


def test_the_schema_is_open_to_all(demo: Product) -> None:
    answer = requests.get(f"{demo.url}/api/schema/", params={"format": "json"}, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")


def test_a_simulated_call_runs_a_tool_and_ends_by_itself(demo: Product) -> None:
    command = ["manage.py", "simulate_call", "--assistant", "demo", "--url", demo.url, "--json"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=demo.env | {"DJANGO_SETTINGS_MODULE": "config.settings.base"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    runs = {run["tool_name"]: run["status"] for run in report["tool_executions"]}
    assert runs["lookup_order"] == "success"
    assert report["ended_reason"]
    assert {line["role"] for line in report["transcript"]} == {"caller", "assistant"}


def test_seeding_again_changes_nothing(demo: Product) -> None:
    env = {**demo.env, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    assert "Made" not in manage("seed_demo", env=env)
