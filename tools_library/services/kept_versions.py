"""Versions of tools that this process has read before: they never change; imports models."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from tools_library.models import ToolVersion

MOST = 500

Key = tuple[int, datetime]
"""A version's id, and when it was made: that tells it from another of its number, as after a backup
was restored."""

_kept: OrderedDict[Key, ToolVersion] = OrderedDict()
_lock = threading.Lock()


def versions(wanted: Iterable[Key]) -> dict[int, ToolVersion]:
    """Return versions by id; whoever gets one must not change it. One query where some are new."""
    keys = set(wanted)
    with _lock:
        found = {key: _kept[key] for key in keys if key in _kept}
    missing = {pk for pk, made in keys if (pk, made) not in found}
    if missing:
        read = ToolVersion.unscoped.filter(pk__in=missing)
        found |= {(version.pk, version.created_at): version for version in read}
    with _lock:
        for key, version in found.items():
            _kept[key] = version
            _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return {version.pk: version for version in found.values()}
