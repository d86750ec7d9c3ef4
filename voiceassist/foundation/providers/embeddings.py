"""Texts as vectors, from OpenAI or any server that speaks like it; off without a model's name.

The SDK is imported at the first use.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from django.conf import settings

from voiceassist.foundation.errors import VoiceAssistError

if TYPE_CHECKING:
    from openai import OpenAI

MOST_TEXTS = 64
_SHORTENED, _SIZE = "text-embedding-3", 256
"""Models whose vectors may be shortened, and to how many numbers: enough to rank some texts."""

Vector: TypeAlias = "array[float]"


class EmbeddingError(VoiceAssistError):
    """There are no vectors; the message says which setting to look at."""

    code, retryable = "model_unavailable", True


def embed(texts: Sequence[str], *, timeout_s: float, retries: int) -> list[Vector]:
    """Return a vector of length 1 for each text, by the model of the settings.

    Args:
        texts: at most MOST_TEXTS, none empty.
        timeout_s: for each attempt.
        retries: after a lost connection, 429 and 5xx.

    Raises:
        EmbeddingError: see the class.
    """
    import openai

    model = settings.OPENAI_EMBEDDING_MODEL
    shortened: dict[str, Any] = {"dimensions": _SIZE} if model.startswith(_SHORTENED) else {}
    made = _client(settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)
    try:
        answer = made.with_options(timeout=timeout_s, max_retries=retries).embeddings.create(
            model=model, input=list(texts), encoding_format="base64", **shortened
        )
    except openai.APIStatusError as error:
        raise EmbeddingError(
            f"The embedding model {model!r} refused with status {error.status_code}. Check "
            "OPENAI_EMBEDDING_MODEL and OPENAI_API_KEY."
        ) from error
    except openai.APIConnectionError as error:
        raise EmbeddingError(
            "The embedding model cannot be reached. Check OPENAI_BASE_URL and the network."
        ) from error
    given = [_read(each.embedding) for each in sorted(answer.data, key=lambda each: each.index)]
    if len(given) != len(texts) or not all(given):
        raise EmbeddingError(
            "The embedding model's answer is not a vector for each text. Check "
            "OPENAI_EMBEDDING_MODEL."
        )
    return [_of_length_1(each) for each in given]


@lru_cache(maxsize=4)
def _client(base_url: str, api_key: str) -> OpenAI:
    from openai import OpenAI

    return OpenAI(base_url=base_url, api_key=api_key or "none")


def _read(given: Any) -> Vector:
    """Return a vector, packed as asked for, or in numbers as simpler servers send it."""
    if isinstance(given, str):
        vector = array("f")
        vector.frombytes(base64.b64decode(given))
        return vector
    return array("f", given)


def _of_length_1(vector: Vector) -> Vector:
    length = math.sqrt(sum(each * each for each in vector)) or 1.0
    return array("f", (each / length for each in vector))
