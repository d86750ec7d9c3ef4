"""Compiled code of tools, kept per process; imports only the standard library.

A compile-only child makes it, a locked child loads it, this process never looks inside. What is
kept is bound to its source, to the Python and to the policy that made it by a key of this process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sys
from collections import OrderedDict
from threading import Lock

_BYTES = 16 * 1024 * 1024
_VERSION = f"{sys.version} {sys.implementation.cache_tag}"


class CodeCache:
    """The code used last, up to `size` bytes; safe for threads."""

    def __init__(self, size: int = _BYTES) -> None:
        self._left = size
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, source: str, policy: str) -> str | None:
        """Return what was made of this source by this policy; None when it is not there."""
        name = _name(source, policy)
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                return None
            blob, seal = kept
            if not hmac.compare_digest(seal, self._seal(name, blob)):
                self._drop(name)
                return None
            self._kept.move_to_end(name)
            return blob

    def put(self, source: str, policy: str, blob: str) -> None:
        """Keep code; the oldest goes when there is no room."""
        name = _name(source, policy)
        seal = self._seal(name, blob)
        with self._lock:
            if name in self._kept:
                self._drop(name)
            self._kept[name] = (blob, seal)
            self._left -= len(blob)
            while self._left < 0:
                self._drop(next(iter(self._kept)))

    def _drop(self, name: bytes) -> None:
        blob, _seal = self._kept.pop(name)
        self._left += len(blob)

    def _seal(self, name: bytes, blob: str) -> bytes:
        return hmac.digest(self._key, name + blob.encode(), "sha256")


def _name(source: str, policy: str) -> bytes:
    versions = f"{_VERSION}\n{policy}\n".encode()
    return hashlib.sha256(versions + source.encode("utf-8", "surrogatepass")).digest()
