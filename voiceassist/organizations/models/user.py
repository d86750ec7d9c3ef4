"""A person who signs in with e-mail and password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

if TYPE_CHECKING:
    from voiceassist.organizations.models.membership import Role
    from voiceassist.organizations.models.organization import Organization


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail; the address is stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; without a password the account cannot sign in until one is set.

        Raises:
            ValueError: the e-mail is empty.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user who may do everything everywhere."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person; what they may do comes from their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the admin.")
    last_organization = models.ForeignKey(
        "organizations.Organization",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The one chosen last; used where none is named.",
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    # Set for one request by `organizations.current`: the slug it named, and what came of it.
    asked_organization: str = ""
    standing: tuple[Organization, Role] | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        verbose_name = "account"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the whole name, or the address where there is none."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the name shown in the corner of each page."""
        return self.name or self.email.split("@")[0]
