"""`agui`: the AG-UI door, driven by the npm package `@ag-ui/client` as a page would.

Node is needed only here. The package goes into a temporary folder, and nothing of it stays.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT
from tests.services.ports import free_port
from tests.services.product import start_product
from tests.services.running import start_services

PACKAGE = "@ag-ui/client@1.0.0"
SCRIPT = Path(__file__).with_name("agui_client.mjs")
CHECKS = (
    "words", "client_tool", "browser_tool", "approval", "rejection", "edited_approval",
    "two_interrupts", "unknown_agent",
)  # fmt: skip


def agui(say: Callable[[str], None]) -> dict[str, Any]:
    """Let the package talk with a running product; each check is met or missed as a whole."""
    with tempfile.TemporaryDirectory(prefix="voiceassist-agui-") as folder:
        installed = _installed(Path(folder))
        services = start_services("postgres", "redis")
        try:
            found = _talked(Path(folder), services.env)
        finally:
            services.stop()
    for name, check in found.items():
        say(f"agui: {name} {check}")
    verdicts = {
        f"{name}: as the package's own client expects it": (
            "met" if found.get(name, {}).get("ok") else "missed"
        )
        for name in CHECKS
    }
    return {"figures": {"packages": installed, "checks": found}, "verdicts": verdicts}


def _installed(folder: Path) -> dict[str, str]:
    """Install the package; return its version and Node's."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise RuntimeError("This check needs Node and npm (nothing else does): install both.")
    arguments = ["install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    done = subprocess.run([npm, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm could not install {PACKAGE}:\n{done.stderr[-2_000:]}")
    shutil.copy(SCRIPT, folder)
    there = json.loads((folder / "node_modules/@ag-ui/client/package.json").read_text())
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return {"@ag-ui/client": there["version"], "node": version.stdout.strip()}


def _talked(folder: Path, services: dict[str, str]) -> dict[str, Any]:
    port = str(free_port())
    env = {**services, "CELERY_BROKER_URL": "", "DEMO": "1", "STAND_INS_PORT": port}
    own = {**os.environ, **env, "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    prepared = subprocess.run(
        [sys.executable, "-m", "benchmarks.agui_agent", f"http://127.0.0.1:{port}"],
        cwd=ROOT, env=own, capture_output=True, text=True,
    )  # fmt: skip
    if prepared.returncode:
        raise RuntimeError(prepared.stderr[-3_000:])
    agent, key = prepared.stdout.split()[-2:]
    product = start_product(env)
    try:
        done = subprocess.run(
            ["node", SCRIPT.name, product.url, agent, key],
            cwd=folder, capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{done.stderr[-3_000:]}\n{product.log_text()[-2_000:]}")
    finally:
        product.stop()
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
