"""The product as a process of its own, for tests and benchmarks; imports the standard library."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.services.ports import NotReadyError, free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, env: dict[str, str]) -> str:
    """Run a command of `manage.py` and return what it printed.

    Raises:
        RuntimeError: it failed; the text holds the end of its standard error.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


@dataclass
class Product:
    """A running `manage.py serve`: its origin, its environment and its process."""

    url: str
    env: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path
    _logged: str = ""

    def stop(self, seconds: float = 30) -> int:
        """Ask it to end as a deployment does and return its exit code; kill it when it hangs."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._logged = self.log_text()
        self.log.unlink(missing_ok=True)
        return code

    def log_text(self) -> str:
        """Return what it logged so far, or until it ended."""
        return self.log.read_text(errors="replace") if self.log.exists() else self._logged


def start_product(env: dict[str, str], *, seconds: float = 180) -> Product:
    """Start the product on a free port with `env` added to this process's environment.

    Raises:
        NotReadyError: it ended, or did not answer in time; the text holds the end of its log.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {**os.environ, "PUBLIC_URL": url, "PORT": str(port), **env}
    own.pop("DJANGO_SETTINGS_MODULE", None)
    handle, name = tempfile.mkstemp(prefix="voiceassist-serve-", suffix=".log")
    with os.fdopen(handle, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env=own,
            stdout=log,
            stderr=log,
        )
    product = Product(url, own, process, Path(name))
    try:
        wait_for(
            lambda: _answers(f"{url}/health/live"),
            seconds=seconds,
            what="The product",
            log=lambda: product.log_text()[-3000:],
            alive=lambda: process.poll() is None,
        )
    except NotReadyError:
        product.stop()
        raise
    return product


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
