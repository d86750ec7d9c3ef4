"""The ground of every test: real servers, started before Django reads its settings.

`pytest …` starts PostgreSQL and Redis itself; `make test` hands over addresses of running ones.
`TEST_GROUND=embedded` runs what is marked `embedded` on SQLite and in-process jobs instead.
"""

import atexit
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

from tests.services.running import RunningServices, start_services

EMBEDDED = os.environ.get("TEST_GROUND") == "embedded"
_HERE = Path(__file__).parent
_OF_CALLS = {_HERE / "integration" / "calls", _HERE / "integration" / "demo" / "caller"}
_ADDRESSES = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


def _hold(services: RunningServices) -> None:
    os.environ.update(services.env)
    atexit.register(services.stop)


def _prepare_ground() -> str:
    """Set the addresses of database and Redis; return one line about them for the report."""
    if EMBEDDED:
        for name in _ADDRESSES:
            os.environ.pop(name, None)
        if "PYTEST_XDIST_WORKER" not in os.environ:
            folder = tempfile.TemporaryDirectory(prefix="voiceassist-embedded-")
            atexit.register(folder.cleanup)
            os.environ["TEST_FOLDER"] = folder.name
        database = Path(os.environ["TEST_FOLDER"]) / "tests.sqlite3"
        os.environ["DATABASE_URL"] = f"sqlite:///{database}"
        return "ground: SQLite, jobs in this process, no Redis"
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Redis broadcasts reach every database of one server: each worker gets a server.
        _hold(start_services("redis"))
        return ""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        os.environ.setdefault("CELERY_BROKER_URL", os.environ["REDIS_URL"])
        return "ground: PostgreSQL and Redis named in the environment"
    services = start_services("postgres", "redis")
    _hold(services)
    return f"ground: {', '.join(services.versions)}"


_REPORT = _prepare_ground()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
_database = settings.DATABASES["default"]  # pytest-django sets Django up once settings are read
if EMBEDDED:
    # Django would test in memory, where nothing of WAL and of waiting writers shows.
    _database["TEST"] = {"NAME": str(Path(os.environ["TEST_FOLDER"]) / "test.sqlite3")}
# A busy machine is slow now and then; how fast code is, benchmarks judge. Every machine draws the
# same examples: what fails on one fails on all. `--hypothesis-profile=default` draws others.
hypothesis.settings.register_profile(
    "tests", deadline=None, print_blob=True, derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("tests")
pytest_plugins = ["tests.services.fixtures"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> ExitStack:
    """What to close once the test database is there."""
    from tests.services.template import shared_migrations

    making = ExitStack()
    making.enter_context(shared_migrations())
    return making


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings: ExitStack, django_db_setup: None) -> None:
    """The test database; what tests commit is removed from it quickly."""
    from tests.services.cleaning import clean_quickly

    django_db_modify_db_settings.close()
    clean_quickly()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker that inherited this name would read its settings before it has its own Redis."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_report_header() -> str:
    """Say which servers the tests run on."""
    return _REPORT


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Spare the embedded run the modules without any test of it."""
    if not EMBEDDED or not collection_path.name.startswith("test_"):
        return None
    own = collection_path.parent.name == "embedded"
    return None if own or b"mark.embedded" in collection_path.read_bytes() else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests under `tests/embedded` belong to the embedded run alone; marked ones to both.

    What one process runs as a whole begins first. Calls last as long as people talk: they are
    spread over the run, so that processors do something else meanwhile; the end is left to quick
    tests, which finish together.
    """
    own = _HERE / "embedded"
    chosen, left = [], []
    for item in items:
        inside = own in item.path.parents
        wanted = (inside or item.get_closest_marker("embedded")) if EMBEDDED else not inside
        (chosen if wanted else left).append(item)
    talking = [item for item in chosen if item.path.parent in _OF_CALLS]
    others = [item for item in chosen if item.path.parent not in _OF_CALLS]
    place = {item: at / len(others) for at, item in enumerate(others)}
    place |= {item: 0.85 * at / len(talking) for at, item in enumerate(talking)}
    place |= {item: -1.0 for item in chosen if item.get_closest_marker("xdist_group")}
    items[:] = sorted(chosen, key=place.__getitem__)
    if left:
        config.hook.pytest_deselected(items=left)
