"""Closed lists of the tools' columns, under the names of the contracts; imports only Django."""

from django.db import models


class ToolType(models.TextChoices):
    """What runs a tool."""

    ENDPOINT = "endpoint", "API endpoint"
    PYTHON_FUNCTION = "python_function", "Python function"
    LAMBDA = "lambda", "AWS Lambda"
    FRONTEND = "frontend", "Browser"
    BUILTIN = "builtin", "Built-in"
    DATABASE_QUERY = "database_query", "Database query"
    MCP = "mcp", "MCP server"
    STEPS = "steps", "Steps"


class SideEffect(models.TextChoices):
    """What a run changes; decides retries, duplicates and interruptions."""

    READ = "read", "Reads only"
    IDEMPOTENT = "idempotent", "Changes, safe to repeat"
    WRITE = "write", "Changes"
    IRREVERSIBLE = "irreversible", "Cannot be undone"


class ExecutionStatus(models.TextChoices):
    """Where a run stands; the last five are final."""

    PENDING = "pending", "Pending"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCESS = "success", "Success"
    ERROR = "error", "Error"
    TIMEOUT = "timeout", "Timeout"
    CANCELLED = "cancelled", "Cancelled"
    DENIED = "denied", "Denied"


FINAL_STATUSES = frozenset({"success", "error", "timeout", "cancelled", "denied"})


class TriggerContext(models.TextChoices):
    """Who asked for the run."""

    CALL = "call", "Call"
    CHAT = "chat", "Chat"
    SMS = "sms", "SMS"
    WEBHOOK = "webhook", "Webhook"
    TEST = "test", "Test"
    API = "api", "API"
