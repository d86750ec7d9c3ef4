"""Closed lists that staff choose from; imports only Django."""

from django.conf import settings
from django.db import models


class Language(models.TextChoices):
    """Languages that have system sentences of their own."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"


class TurnDetection(models.TextChoices):
    """How the model knows that the caller has finished."""

    SERVER_VAD = "server_vad", "By silence"
    SEMANTIC_VAD = "semantic_vad", "By meaning"


class Eagerness(models.TextChoices):
    """How soon semantic detection takes the turn: at most 8, 4, 2 s of waiting."""

    AUTO = "auto", "Automatic"
    LOW = "low", "Low, waits up to 8 s"
    MEDIUM = "medium", "Medium, waits up to 4 s"
    HIGH = "high", "High, waits up to 2 s"


class NoiseReduction(models.TextChoices):
    """Filter before detection."""

    NONE = "", "None"
    NEAR_FIELD = "near_field", "Near microphone (handset)"
    FAR_FIELD = "far_field", "Far microphone (room)"


def default_realtime_model() -> str:
    """Return the model that new assistants start with, from the environment."""
    return str(settings.OPENAI_REALTIME_MODEL)
