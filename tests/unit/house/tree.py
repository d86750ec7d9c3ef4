"""The files of the repository as the house rules see them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GENERATED = ("requirements.lock", "requirements-dev.lock")


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Return tracked and new files with one of the suffixes (all without), never ignored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = (ROOT / name for name in listed.split("\0") if name)
    return tuple(
        path for path in found if path.is_file() and (not suffixes or path.suffix in suffixes)
    )


def modules() -> tuple[Path, ...]:
    """Return the Python files that people write: all but migrations."""
    return tuple(path for path in files(".py") if "migrations" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """Return a path as people name it."""
    return str(path.relative_to(ROOT))
