"""Closed lists of a call's columns; imports only Django."""

from django.db import models


class Direction(models.TextChoices):
    """Who rang."""

    INBOUND = "inbound", "Incoming"
    OUTBOUND = "outbound", "Outgoing"


class CallStatus(models.TextChoices):
    """Twilio's words; the last five are final."""

    QUEUED = "queued", "Queued"
    RINGING = "ringing", "Ringing"
    IN_PROGRESS = "in-progress", "In progress"
    COMPLETED = "completed", "Completed"
    BUSY = "busy", "Busy"
    NO_ANSWER = "no-answer", "No answer"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


FINAL_STATUSES = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


class EndedReason(models.TextChoices):
    """Why a call is over."""

    ASSISTANT_ENDED = "assistant_ended", "Ended by the assistant"
    CALLER_HUNG_UP = "caller_hung_up", "The caller hung up"
    STAFF_ENDED = "staff_ended", "Ended by staff"
    TRANSFERRED = "transferred", "Transferred"
    SILENCE = "silence", "Silence"
    TIME_LIMIT = "time_limit", "Longest duration reached"
    MODEL_FAILED = "model_failed", "The voice model failed"
    MODEL_UNREACHABLE = "model_unreachable", "The voice model could not be reached"
    MODEL_LOST = "model_lost", "The connection to the voice model was lost"
    STREAM_LOST = "stream_lost", "The connection to the phone was lost"
    PROTOCOL_ERROR = "protocol_error", "The phone sent something unreadable"
    SERVER_STOPPED = "server_stopped", "The server was stopped"
    NOT_ANSWERED = "not_answered", "Not answered"
    REJECTED = "rejected", "Not accepted"


class TransferStatus(models.TextChoices):
    """How far putting a caller through has come; the last five are final."""

    ASKED = "asked", "Asked for"
    DIALLING = "dialling", "Dialling"
    ANSWERED = "answered", "Answered"
    COMPLETED = "completed", "Completed"
    BUSY = "busy", "Busy"
    NO_ANSWER = "no-answer", "No answer"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "The caller hung up first"


class Role(models.TextChoices):
    """Who spoke."""

    CALLER = "caller", "Caller"
    ASSISTANT = "assistant", "Assistant"


class ItemStatus(models.TextChoices):
    """How far a spoken item got."""

    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    INTERRUPTED = "interrupted", "Interrupted"
    FAILED = "failed", "Not understood"
