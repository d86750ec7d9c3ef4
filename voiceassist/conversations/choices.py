"""Closed lists of the conversations' columns, under the names of the contracts."""

from django.db import models


class Channel(models.TextChoices):
    """How the person writes."""

    CHAT = "chat", "Chat"
    SMS = "sms", "SMS"


class AgentState(models.TextChoices):
    """Where an agent stands, as document 003 names it."""

    IDLE = "idle", "Idle"
    AWAITING_FRONTEND_TOOL = "awaiting_frontend_tool", "Waiting for the person"
    COMPLETED = "completed", "Completed"


class Role(models.TextChoices):
    """Who wrote a message."""

    USER = "user", "User"
    ASSISTANT = "assistant", "Assistant"


class RunStatus(models.TextChoices):
    """Where an answer to a message stands; the last three are final."""

    RUNNING = "running", "Running"
    AWAITING_FRONTEND_TOOL = "awaiting_frontend_tool", "Waiting for the browser"
    AWAITING_APPROVAL = "awaiting_approval", "Waiting for a yes"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN_RUNS = (RunStatus.RUNNING, RunStatus.AWAITING_FRONTEND_TOOL, RunStatus.AWAITING_APPROVAL)
PAUSED_RUNS = (RunStatus.AWAITING_FRONTEND_TOOL, RunStatus.AWAITING_APPROVAL)


class Phase(models.TextChoices):
    """What a running run does."""

    MODEL = "model", "The model answers"
    TOOLS = "tools", "Tool calls are open"


class ProposalStatus(models.TextChoices):
    """Where a tool call of the model stands; the last five are final."""

    PROPOSED = "proposed", "Proposed"
    PENDING_APPROVAL = "pending_approval", "Waiting for a yes"
    PENDING_FRONTEND = "pending_frontend", "Waiting for the browser"
    EXECUTING = "executing", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


OPEN_PROPOSALS = (
    ProposalStatus.PROPOSED,
    ProposalStatus.PENDING_APPROVAL,
    ProposalStatus.PENDING_FRONTEND,
    ProposalStatus.EXECUTING,
)
WAITING_FOR_PEOPLE = (ProposalStatus.PENDING_APPROVAL, ProposalStatus.PENDING_FRONTEND)


class RunsAt(models.TextChoices):
    """Where a tool call is carried out."""

    WORKER = "worker", "On the server"
    BROWSER = "browser", "In the browser"


class IncomingStatus(models.TextChoices):
    """What has become of a text message that came in."""

    WAITING = "waiting", "Waits for the answer before"
    SAID = "said", "Given to the assistant"
    ANSWERED = "answered", "Answered a question"
    KEPT = "kept", "Not given to the assistant"


class OutgoingStatus(models.TextChoices):
    """What has become of a text message of ours; the last three are final."""

    DUE = "due", "Will be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    STOPPED = "stopped", "Not sent: they wrote STOP"
