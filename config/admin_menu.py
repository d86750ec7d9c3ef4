"""The admin's look and menu: Unfold with the colours of the design tokens.

Imports only Django; the menu is made when a page is rendered.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

_MENU: dict[str, dict[str, tuple[str, str]]] = {
    "Conversations": {
        "calls.call": ("Calls", "call"),
        "conversations.conversation": ("Written conversations", "forum"),
        "tools_library.toolexecution": ("Tool runs", "bolt"),
        "tools_library.approval": ("Approvals", "approval"),
        "foundation.mail": ("Outbox", "outbox"),
    },
    "Assistants and tools": {
        "assistants.assistant": ("Assistants", "support_agent"),
        "assistants.phonenumber": ("Phone numbers", "dialpad"),
        "tools_library.tool": ("Tools", "build"),
        "knowledge.knowledgecollection": ("Knowledge", "menu_book"),
        "knowledge.knowledgedocument": ("Documents", "description"),
        "tools_library.toolreview": ("Reviews", "rate_review"),
        "tools_library.approvalgrant": ("Standing approvals", "verified_user"),
    },
    "Organization": {
        "organizations.organization": ("Organization", "apartment"),
        "organizations.membership": ("Members", "group"),
        "organizations.apikey": ("API keys", "key"),
        "organizations.credential": ("Credentials", "password"),
        "organizations.auditentry": ("Audit", "policy"),
        "organizations.user": ("Accounts", "manage_accounts"),
    },
}
"""Group → model → title and symbol."""

_WITH_CHAT = "Conversations"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups with what this person may see."""
    groups = []
    for title, models in _MENU.items():
        items = [_item(name, *words) for name, words in models.items() if _sees(request, name)]
        if title == _WITH_CHAT and request.user.has_perm("conversations.chat"):
            items.append({"title": "Chat", "icon": "chat", "link": reverse("chat-choose")})
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _sees(request: HttpRequest, name: str) -> bool:
    from django.contrib.admin import site  # Unfold puts its own in place when it is loaded

    app, _, model = name.partition(".")
    if not site.is_registered(apps.get_model(name)):
        return False
    return bool(request.user.has_perm(f"{app}.view_{model}"))


def _item(name: str, title: str, icon: str) -> dict[str, Any]:
    link = reverse(f"admin:{name.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "VoiceAssist",
    "SITE_HEADER": "VoiceAssist",
    "SITE_URL": "/calls",
    "SITE_ICON": lambda request: static("favicon.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "7px",
    "STYLES": [lambda request: static("css/admin.css")],
    # base: the greys of canvas, surface, raised, line and text; primary: the one accent. White
    # words stand on primary-600, so that one is the accent of small text, at 5.5:1.
    "COLORS": {
        "base": {
            "50": "#F5F7F9", "100": "#EEF1F4", "200": "#D5DBE1", "300": "#B8C1CA",
            "400": "#9AA4AF", "500": "#5F6975", "600": "#525C67", "700": "#30363D",
            "800": "#21262D", "900": "#161B22", "950": "#0D1117",
        },
        "primary": {
            "50": "#ECFDF5", "100": "#D1FAE5", "200": "#A7F3D0", "300": "#6EE7B7",
            "400": "#34D399", "500": "#10B981", "600": "#047857", "700": "#046C4E",
            "800": "#065F46", "900": "#064E3B", "950": "#022C22",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": navigation,
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Switch organization", "link": reverse_lazy("organizations:choose")},
            {"title": "Change password", "link": reverse_lazy("account_change_password")},
        ]
    },
}  # fmt: skip
