"""The page where a person chooses the organization to act for."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from voiceassist.organizations import current


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Show the choice; POST `organization=<slug>` takes it and goes on to `next`."""
    user = current.person(request)
    assert user is not None  # noqa: S101 - pages are for people, login_required saw to it
    goal = _safe(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "POST":
        current.choose(user, request.POST.get("organization", ""))
        return HttpResponseRedirect(goal)
    context = {"organizations": current.organizations_of(user), "next": goal}
    return render(request, "organizations/choose.html", context)


def _safe(request: HttpRequest, goal: str) -> str:
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(goal, own, require_https=request.is_secure()):
        return goal
    return resolve_url(settings.LOGIN_REDIRECT_URL)
