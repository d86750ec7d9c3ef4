"""Closed lists of the approvals' columns; imports only Django."""

from django.db import models


class Policy(models.TextChoices):
    """Who is asked."""

    CONFIRM = "confirm", "The caller or user"
    STAFF = "staff", "Staff"


class ApprovalStatus(models.TextChoices):
    """How a question stands; all but the first are final."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"


class Remember(models.TextChoices):
    """For how long a yes holds."""

    ONCE = "once", "This once"
    CONVERSATION = "conversation", "This conversation"
    ALWAYS = "always", "Always"


class Decision(models.TextChoices):
    """What somebody answers."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    EDIT = "edit", "Approve with other arguments"


class ReviewStatus(models.TextChoices):
    """Whether a version may be used."""

    PENDING = "pending", "Waiting for a review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
