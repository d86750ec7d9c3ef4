"""Vectors that stand in for embeddings: words hashed into places, no meaning in them. Pure."""

import base64
import hashlib
import math
import re
import struct
from typing import Any

from voiceassist.demo.stand_ins.chat.checks import EMBEDDING_MODELS
from voiceassist.demo.stand_ins.chat.errors import Refused, invalid, missing

SIZE = 1536
_SIZES = {"text-embedding-3-large": 3072}
_MOST_INPUTS = 2048
_STEM = 5


def answer(body: Any) -> dict[str, Any]:
    """The embeddings that a request asks for.

    Raises: Refused
    """
    if not isinstance(body, dict):
        raise Refused("We could not parse the JSON body of your request.")
    model = body.get("model")
    if model not in EMBEDDING_MODELS:
        raise Refused(
            f"The model `{model}` does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
        )
    texts = _texts(body.get("input"))
    size = body.get("dimensions", _SIZES.get(model, SIZE))
    if (
        isinstance(size, bool)
        or not isinstance(size, int)
        or not 1 <= size <= _SIZES.get(model, SIZE)
    ):
        raise invalid(f"Invalid value for 'dimensions': {size!r}.", "dimensions")
    encoded = body.get("encoding_format", "float") == "base64"
    vectors = [vector(text, size) for text in texts]
    words = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(one) if encoded else one}
            for index, one in enumerate(vectors)
        ],
        "model": f"stand-in-hashing:{model}",
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


def vector(text: str, size: int = SIZE) -> list[float]:
    """A vector of length 1: texts that share words, or their beginnings, lie near each other."""
    places = [0.0] * size
    for word in re.findall(r"\w+", text.lower()):
        for feature in (word, word[:_STEM]):
            number = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest())
            places[number % size] += 1.0 if number >> 63 else -1.0
    length = math.sqrt(sum(place * place for place in places)) or 1.0
    return [place / length for place in places]


def _texts(given: Any) -> list[str]:
    if given is None:
        raise missing("input")
    texts = [given] if isinstance(given, str) else given
    if (
        not isinstance(texts, list)
        or not 1 <= len(texts) <= _MOST_INPUTS
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise Refused("'$.input' is invalid. Please check the API reference.")
    return texts


def _packed(places: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(places)}f", *places)).decode()
