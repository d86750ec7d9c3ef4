"""G.711 μ-law at 8 kHz: tables, loudness, and conversion from linear PCM and WAV files.

Pure Python (the standard library's `audioop` leaves in 3.13); imports only the standard library.
"""

import array
import functools
import io
import itertools
import sys
import wave
from pathlib import Path

RATE = 8000
BYTES_PER_MS = 8
FRAME_MS = 20
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
SILENCE = 0xFF
WAV_RATES = (8000, 11025, 16000, 22050, 24000, 44100, 48000)


class AudioFileError(ValueError):
    """A sound file cannot be used; the message says what to change."""


def _decode_byte(byte: int) -> int:
    flipped = ~byte & 0xFF
    magnitude = ((((flipped & 0x0F) << 3) + 0x84) << ((flipped >> 4) & 0x07)) - 0x84
    return -magnitude if flipped & 0x80 else magnitude


def _encode_sample(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


LINEAR: tuple[int, ...] = tuple(_decode_byte(byte) for byte in range(256))
"""Linear 16-bit sample of every μ-law byte."""

# Magnitudes in steps of 32, so that one `translate` and one `sum`, both in C, measure a frame.
_LOUDNESS_STEP = 32
_LOUDNESS = bytes(min(abs(sample) // _LOUDNESS_STEP, 255) for sample in LINEAR)


@functools.cache
def _encode_table() -> bytes:
    return bytes(_encode_sample(sample) for sample in range(-32768, 32768, 4))


def loudness(mulaw: bytes) -> int:
    """Mean magnitude of some audio, 0 (silence) to about 8000 (clipping speech)."""
    if not mulaw:
        return 0
    return sum(mulaw.translate(_LOUDNESS)) * _LOUDNESS_STEP // len(mulaw)


def duration_ms(mulaw: bytes) -> int:
    """How long some μ-law audio plays."""
    return len(mulaw) // BYTES_PER_MS


def encode(samples: "array.array[int]") -> bytes:
    """Linear 16-bit samples at 8 kHz → μ-law bytes."""
    table = _encode_table()
    return bytes([table[(sample + 32768) >> 2] for sample in samples])


def resample(samples: "array.array[int]", rate: int) -> "array.array[int]":
    """Linear samples at `rate` Hz → 8 kHz, averaging the neighbourhood of each new sample."""
    if rate == RATE:
        return samples
    # Prefix sums make the average of any span one subtraction.
    totals = list(itertools.accumulate(samples, initial=0))
    step = rate / RATE
    last = len(samples)
    edges = [min(int(index * step), last) for index in range(int(last / step) + 1)]
    return array.array(
        "h",
        [
            (totals[max(end, start + 1)] - totals[start]) // max(end - start, 1)
            for start, end in itertools.pairwise(edges)
        ],
    )


def from_pcm16(data: bytes, rate: int, channels: int = 1) -> bytes:
    """Little-endian 16-bit PCM → μ-law at 8 kHz; the channels are averaged."""
    samples = array.array("h")
    samples.frombytes(data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    if channels == 2:
        samples = array.array(
            "h", [(a + b) // 2 for a, b in zip(samples[::2], samples[1::2], strict=False)]
        )
    return encode(resample(samples, rate))


def to_pcm24k(mulaw: bytes) -> bytes:
    """μ-law at 8 kHz → 16-bit PCM at 24 kHz, each sample three times."""
    samples = array.array("h")
    for byte in mulaw:
        value = LINEAR[byte]
        samples.extend((value, value, value))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def read_wav(source: Path | bytes) -> bytes:
    """A WAV file (or its bytes) → μ-law at 8 kHz.

    Takes 8- or 16-bit PCM, mono or stereo, at the usual rates.
    Raises: AudioFileError: not such a file.
    """
    name = str(source) if isinstance(source, Path) else "the audio"
    try:
        # `with` comes below: only the opening has these errors.
        opened = wave.open(  # noqa: SIM115
            str(source) if isinstance(source, Path) else io.BytesIO(source), "rb"
        )
    except OSError as error:
        raise AudioFileError(f"Cannot open {name}: {error.strerror}.") from error
    except (wave.Error, EOFError) as error:
        raise AudioFileError(
            f"{name} is not a PCM WAV file ({error}). Save it as 8- or 16-bit PCM WAV."
        ) from error
    with opened:
        rate, width, channels = (
            opened.getframerate(),
            opened.getsampwidth(),
            opened.getnchannels(),
        )
        data = opened.readframes(opened.getnframes())
    if width not in (1, 2) or channels not in (1, 2) or rate not in WAV_RATES:
        raise AudioFileError(
            f"{name} has {8 * width} bits, {channels} channels, {rate} Hz. "
            f"Use 8 or 16 bits, mono or stereo, and one of {', '.join(map(str, WAV_RATES))} Hz."
        )
    if width == 1:
        data = array.array("h", [(byte - 128) << 8 for byte in data]).tobytes()
    return from_pcm16(data, rate, channels)
