"""No model of an organization without its guards: the scoped manager and the scoped admin."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin

from voiceassist.foundation.admin import OrganizationAdmin, ReadOnlyAdmin
from voiceassist.organizations.models import Organization, OrganizationManager
from voiceassist.organizations.roles import MODEL_RULES

# Read by topic and id of one organization only, from below the room that has the manager.
WITHOUT_MANAGER = {"foundation.event"}


def owned_models() -> list[Any]:
    """Return every model with a foreign key `organization` to Organization."""
    return [
        model
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name == "organization" and field.related_model is Organization
    ]


def registered() -> list[tuple[Any, Any]]:
    """Return model and admin of every registered model of ours."""
    ours = {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    pairs = admin.site._registry.items()
    return [(model, page) for model, page in pairs if model._meta.app_label in ours]


def test_there_is_something_to_guard() -> None:
    labels = {model._meta.label_lower for model in owned_models()}
    assert {"assistants.assistant", "tools_library.tool", "calls.call"} <= labels


@pytest.mark.parametrize("model", owned_models(), ids=lambda model: model._meta.label)
def test_a_model_of_an_organization_has_the_scoped_manager(model: Any) -> None:
    if model._meta.label_lower not in WITHOUT_MANAGER:
        assert isinstance(model.objects, OrganizationManager)


@pytest.mark.parametrize(("model", "page"), registered(), ids=lambda each: str(each))
def test_an_admin_of_an_organizations_model_is_scoped(model: Any, page: Any) -> None:
    if model in owned_models():
        assert isinstance(page, OrganizationAdmin)
        for inline in page.inlines:
            assert "OrganizationInline" in str([base.__name__ for base in inline.__mro__])


@pytest.mark.parametrize(("model", "page"), registered(), ids=lambda each: str(each))
def test_an_admin_that_can_write_names_its_services(model: Any, page: Any) -> None:
    rule = MODEL_RULES.get(model._meta.label_lower)
    if not isinstance(page, OrganizationAdmin) or isinstance(page, ReadOnlyAdmin) or rule is None:
        return
    if rule.add or rule.change:
        assert type(page).store is not OrganizationAdmin.store
    if rule.delete:
        assert type(page).erase is not OrganizationAdmin.erase


def test_accounts_have_no_second_list_of_permissions() -> None:
    names = {model._meta.label for model, _page in admin.site._registry.items()}
    assert not names & {"auth.Group", "account.EmailAddress"}
