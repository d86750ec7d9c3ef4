"""Time zones without files: their data is read once, before files are closed; standard library."""

from __future__ import annotations

import copyreg
import io
import zoneinfo
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_data: dict[str, bytes] = {}
_made: dict[str, ZoneInfo] = {}


def load() -> int:
    """Read the data of every zone, for this process and its children; return how many there are."""
    # Zones made from data cannot be copied otherwise, nor can a moment that has one.
    copyreg.pickle(ZoneInfo, lambda made: (zone, (made.key,)))
    for key in zoneinfo.available_timezones():
        content = _read(key)
        if content is not None:
            _data[key] = content
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


def _read(key: str) -> bytes | None:
    for folder in zoneinfo.TZPATH:
        try:
            return Path(folder, key).read_bytes()
        except OSError:
            continue
    try:
        return resources.files("tzdata.zoneinfo").joinpath(key).read_bytes()
    except (ImportError, OSError):
        return None
