"""Speech for the stand-ins: espeak-ng where it is installed, else tones; cached as μ-law at 8 kHz.

Imports the standard library and the demo's pure audio modules; no Django.
"""

import array
import asyncio
import contextlib
import functools
import hashlib
import logging
import math
import os
import shutil
import subprocess
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from voiceassist.demo import mulaw

logger = logging.getLogger(__name__)

MAX_CACHED = 512
MAX_FILES = 2000
SYNTHESIS_SECONDS = 15
QUIET = 60
PAUSE_FRAMES = 8  # Longer pauses would split one sentence into two turns.

# Caller and assistant must not sound alike.
_ESPEAK_VOICES = {
    ("en", "assistant"): "en-us+f3",
    ("en", "caller"): "en-us+m3",
    ("es", "assistant"): "es+f3",
    ("es", "caller"): "es+m3",
}


@functools.cache
def espeak_path() -> str | None:
    """Where espeak-ng is, or None; says once when it is missing."""
    path = shutil.which("espeak-ng")
    if path is None:
        logger.warning("espeak-ng is not installed: the stand-ins hum tones instead of words.")
    return path


def tones(text: str) -> bytes:
    """Tones about as long as the words would take, one pitch for each word."""
    samples = array.array("h")
    for index, word in enumerate(text.split() or [text]):
        pitch = 260 + 60 * (index % 5)
        count = mulaw.BYTES_PER_MS * (90 + 45 * len(word))
        step = 2 * math.pi * pitch / mulaw.RATE
        samples.extend([int(7000 * math.sin(step * position)) for position in range(count)])
        samples.extend([0] * 400)
    return mulaw.encode(samples)


def _espeak(path: str, text: str, voice: str) -> bytes:
    done = subprocess.run(  # noqa: S603 - fixed program; the text goes through standard input
        [path, "-v", voice, "-s", "172", "--stdin", "--stdout"],
        input=text.encode(),
        capture_output=True,
        timeout=SYNTHESIS_SECONDS,
        check=True,
    )
    return mulaw.read_wav(done.stdout)


def shorten_pauses(audio: bytes) -> bytes:
    """Audio without silence at its ends and with no inner pause over 160 ms."""
    frames = [audio[at : at + mulaw.FRAME_BYTES] for at in range(0, len(audio), mulaw.FRAME_BYTES)]
    kept: list[bytes] = []
    pause: list[bytes] = []
    for frame in frames:
        if mulaw.loudness(frame) >= QUIET:
            if kept:
                kept.extend(pause[:PAUSE_FRAMES])
            pause = []
            kept.append(frame)
        else:
            pause.append(frame)
    return b"".join(kept) or audio


class Voice:
    """Turns text into μ-law audio; every phrase is made once.

    Thread-safe enough for its use: the caches are touched from the event loop only, synthesis
    runs in its own threads.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._directory = directory or Path(tempfile.gettempdir()) / f"voice-cache-{os.getuid()}"
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="voice")

    async def say(self, text: str, language: str = "en", role: str = "assistant") -> bytes:
        """μ-law audio of `text`; `role` (`assistant` or `caller`) chooses the voice."""
        key = hashlib.sha256(f"{language}\0{role}\0{text}".encode()).hexdigest()
        audio = self._memory.get(key)
        if audio is None:
            loop = asyncio.get_running_loop()
            audio = await loop.run_in_executor(self._threads, self._make, key, text, language, role)
            self._memory[key] = audio
            while len(self._memory) > MAX_CACHED:
                self._memory.popitem(last=False)
        else:
            self._memory.move_to_end(key)
        return audio

    async def prewarm(self, phrases: Iterable[tuple[str, str, str]]) -> None:
        """Makes `(text, language, role)` phrases ahead of their first use."""
        for text, language, role in phrases:
            await self.say(text, language, role)

    def close(self) -> None:
        """Lets the synthesis threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _make(self, key: str, text: str, language: str, role: str) -> bytes:
        path = espeak_path()
        if path is None:
            return tones(text)
        file = self._directory / f"{key}.ulaw"
        with contextlib.suppress(OSError):  # not there; another process may have taken it away
            return file.read_bytes()
        voice = _ESPEAK_VOICES.get((language, role), _ESPEAK_VOICES[("en", role)])
        try:
            audio = shorten_pauses(_espeak(path, text, voice))
        except (OSError, subprocess.SubprocessError, mulaw.AudioFileError) as error:
            logger.warning("espeak-ng failed (%s): tones instead of words.", error)
            return tones(text)
        self._store(file, audio)
        return audio

    def _store(self, file: Path, audio: bytes) -> None:
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            files = sorted(self._directory.glob("*.ulaw"), key=lambda path: path.stat().st_mtime)
            for old in files[: max(0, len(files) - MAX_FILES + 1)]:
                old.unlink(missing_ok=True)
            # Several threads and processes may make the same phrase: each writes a file of its own,
            # and the rename keeps what others read whole.
            partial = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
            partial.write_bytes(audio)
            partial.replace(file)
        except OSError as error:
            logger.debug("voice cache not written: %s", error)
