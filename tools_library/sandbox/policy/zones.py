"""Time zones without files: their data is read once, before files are closed; standard library."""

from __future__ import annotations

import copyreg
import io
import os
import zoneinfo
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

_data: dict[str, bytes] = {}
_made: dict[str, ZoneInfo] = {}


def load() -> int:
    """Read the data of every zone, for this process and its children; return how many there are."""
    # Zones made from data cannot be copied otherwise, nor can a moment that has one.
    copyreg.pickle(ZoneInfo, lambda made: (zone, (made.key,)))
    # Not by zoneinfo's own list: that loads modules which every child would carry along.
    for folder in (*zoneinfo.TZPATH, *_packaged()):
        for path, key in _files(folder):
            if key not in _data and (content := _read(path)) is not None:
                _data[key] = content
    _data.pop("posixrules", None)
    return len(_data)


def zone(key: Any) -> ZoneInfo:
    """Stand for `ZoneInfo(key)`.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
    """
    if type(key) is not str:
        raise TypeError("The name of a time zone is a text, such as Europe/Madrid.")
    if key not in _made:
        if key not in _data:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key[:60]}")
        _made[key] = ZoneInfo.from_file(io.BytesIO(_data[key]), key)
    return _made[key]


def available_timezones() -> set[str]:
    """Stand for the function of the same name."""
    return set(_data)


def _packaged() -> tuple[str, ...]:
    """Return the folder of the zones that come as a Python package, if it is installed."""
    try:
        import tzdata  # type: ignore[import-untyped]
    except ImportError:
        return ()
    return tuple(os.path.join(folder, "zoneinfo") for folder in tzdata.__path__)


def _files(folder: str) -> Iterator[tuple[str, str]]:
    for inner, folders, names in os.walk(folder):
        if inner == folder:  # the same zones again, with and without leap seconds
            folders[:] = [name for name in folders if name not in ("posix", "right")]
        for name in names:
            path = os.path.join(inner, name)
            yield path, path[len(folder) :].lstrip("/")


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    return content if content.startswith(b"TZif") else None
