"""A throw-away PostgreSQL cluster on a free port; imports only the standard library."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.ports import accepts, free_port, wait_for

# Durability is worth nothing here: the folder is deleted at the end.
_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "listen_addresses=127.0.0.1",
)


class MissingBinaryError(RuntimeError):
    """A server is not installed on this machine; the message says what to install."""


@dataclass(frozen=True)
class Postgres:
    """A running cluster: its address, its version and the process to stop."""

    url: str
    version: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End every session and wait until the server is gone."""
        if self.process.poll() is None:
            self.process.send_signal(2)  # SIGINT is PostgreSQL's fast shutdown
            self.process.wait(timeout=60)


def start_postgres(folder: Path) -> Postgres:
    """Create a cluster in `folder` and start it; as root it runs as an unprivileged user.

    Raises:
        MissingBinaryError: PostgreSQL is not installed.
        NotReadyError: it did not accept connections within 90 s.
    """
    binaries = find_binaries()
    account = _server_account()
    data, log_path = folder / "data", folder / "postgres.log"
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    _run_as(
        account, [binaries / "initdb", "-D", data, "-A", "trust", "-U", "app", "-N", "-E", "UTF8"]
    )
    port = free_port()  # only now: making the cluster takes seconds
    settings = [part for option in _OPTIONS for part in ("-c", option)]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command + settings, stdout=log, stderr=log, cwd=folder, **_identity(account)
        )
    wait_for(
        lambda: accepts(port) and _answers(binaries, port),
        seconds=90,
        what="PostgreSQL",
        log=lambda: log_path.read_text(errors="replace")[-2000:],
        alive=lambda: process.poll() is None,
    )
    _run_as(account, [binaries / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "app", "app"])
    return Postgres(f"postgres://app@127.0.0.1:{port}/app", _version(binaries), process)


def find_binaries() -> Path:
    """Return the folder with `initdb` and `postgres`.

    Raises:
        MissingBinaryError: none found on PATH or where Debian puts them.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if not versions:
        raise MissingBinaryError("PostgreSQL is not installed: apt-get install postgresql")
    return versions[-1].parent


def _server_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: return who runs it then, else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise MissingBinaryError("No user `postgres` or `nobody` to run PostgreSQL as.")


def _identity(account: pwd.struct_passwd | None) -> dict[str, object]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run_as(account: pwd.struct_passwd | None, command: list[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        **_identity(account),
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def _answers(binaries: Path, port: int) -> bool:
    command = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "app"]
    return subprocess.run(command, check=False).returncode == 0


def _version(binaries: Path) -> str:
    done = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
