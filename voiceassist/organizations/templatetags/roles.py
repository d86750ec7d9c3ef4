"""`{% load roles %}{% if request|may:"calls.operate" %}`: the roles table in templates."""

from django import template
from django.http import HttpRequest

from voiceassist.organizations import roles
from voiceassist.organizations.current import organizations_of
from voiceassist.organizations.models import Organization, User

register = template.Library()


@register.filter
def may(request: HttpRequest, permission: str) -> bool:
    """Return whether the person on this page has `permission`."""
    return roles.may(request.user, permission)


@register.filter
def choices(request: HttpRequest) -> list[Organization]:
    """Return the organizations this person may switch to: `{{ request|choices }}`."""
    return organizations_of(request.user) if isinstance(request.user, User) else []
