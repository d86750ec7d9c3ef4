"""How much memory this process may count on; imports only the standard library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MB = 1024 * 1024


def memory_mb(root: Path = Path("/")) -> int:
    """Return the machine's memory, or less where a control group allows less.

    Args:
        root: where `/proc` and `/sys` are found.
    """
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits(root)]) // _MB


def _limits(root: Path) -> Iterator[int]:
    """Yield the limits of our control groups, from our own up to the outermost."""
    lines: list[str] = []
    with suppress(OSError):
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":
            folder, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            folder, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        group = folder / path.strip("/")
        # In a container the path may be one of the host's; the container's own is the outermost.
        for each in (group, *group.parents):
            if not each.is_relative_to(folder):
                break
            with suppress(OSError, ValueError):  # "max" is no number: there is no limit
                yield int((each / name).read_text())
