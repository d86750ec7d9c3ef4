"""The base of every admin of an organization's rows; imports Django, Unfold and our errors.

Rows, choices and filters are those of `request.organization`; the roles table decides through
`user.has_perm`; whatever is saved goes through a service, whose InvalidInput shows at its fields.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import decorators
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from voiceassist.foundation.errors import InvalidInput, VoiceAssistError
from voiceassist.foundation.reading_order import in_reading_order

OWNER = "organization"
SHORT_NAME = "Write letters, digits and hyphens only, such as front-desk."
_Method = TypeVar("_Method", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[_Method], _Method]:
    """Return Unfold's `display` decorator, typed: description, ordering, label, boolean."""
    return cast("Callable[[_Method], _Method]", decorators.display(**options))


def action(**options: Any) -> Callable[[_Method], _Method]:
    """Return Unfold's `action` decorator, typed: description, permissions, icon."""
    return cast("Callable[[_Method], _Method]", decorators.action(**options))


class OwnRowsFilter(admin.RelatedFieldListFilter):
    """A list filter by foreign key that offers rows of the current organization only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return (key, name) of the rows that the person may know of."""
        limit = {} if request.user.is_superuser else {OWNER: _current(request)}
        return field.get_choices(include_blank=False, limit_choices_to=limit)


class _Scoped:
    """What admins and inlines share: choices of foreign keys come from one organization."""

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer rows of the organization that the edited row belongs to."""
        related = db_field.related_model
        if _is_owned(related):
            rows = kwargs.get("queryset", related._default_manager.all())
            kwargs["queryset"] = rows.filter(**{OWNER: request.edited_organization})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class OrganizationAdmin(_Scoped, ModelAdmin):  # type: ignore[misc]
    """Derive from this, and say in `store` and `erase` which services write.

    Superusers see every organization's rows, with a column that names it.
    """

    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    delete_confirmation_template = "admin/deleting.html"
    what_happens = ""
    """What deleting one does, for whoever is asked."""
    each_by_itself = False
    """An action is no transaction: the locks of one row are gone before the next takes its."""

    # --- what a subclass says ------------------------------------------------------------------
    def store(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Save `obj` by its service.

        Raises:
            VoiceAssistError: shown on the form; nothing is saved.
        """
        raise NotImplementedError(f"{type(self).__name__}.store must call a service.")

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Delete or archive `obj` by its service.

        Raises:
            VoiceAssistError: shown as a message; nothing is deleted.
        """
        raise NotImplementedError(f"{type(self).__name__}.erase must call a service.")

    def rows_of(self, rows: models.QuerySet[Any], organization: Any) -> models.QuerySet[Any]:
        """Return the rows that belong to `organization`."""
        return rows.filter(**{OWNER: organization})

    def owner_of(self, obj: Any) -> Any:
        """Return the organization that a row belongs to."""
        return getattr(obj, OWNER)

    # --- rows, columns, choices ----------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the rows of the current organization; a superuser's are all."""
        rows: models.QuerySet[Any] = super().get_queryset(request)
        return rows if request.user.is_superuser else self.rows_of(rows, _current(request))

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Add the organization for superusers, who see more than one."""
        columns = tuple(super().get_list_display(request))
        return (*columns, OWNER) if self._names_owner(request) else columns

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Offer only the organization's own rows in filters by foreign key."""
        filters = [self._own_filter(each) for each in super().get_list_filter(request)]
        return [*filters, OWNER] if self._names_owner(request) else filters

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Fetch the organization with the rows where its column is shown."""
        chosen = super().get_list_select_related(request)
        if self._names_owner(request) and not isinstance(chosen, bool):
            return (*chosen, OWNER)
        return chosen or ((OWNER,) if self._names_owner(request) else False)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list; one that nothing narrows does not offer to show all."""
        shown = super().get_changelist_instance(request)
        if not shown.query and not shown.has_active_filters:
            shown.full_result_count = shown.result_count
        return shown

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Leave the organization out of the form: it is the current one."""
        return (*(super().get_exclude(request, obj) or ()), OWNER)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field; one for a short name says in plain words what it takes."""
        if isinstance(db_field, models.SlugField):
            kwargs.setdefault("error_messages", {"invalid": SHORT_NAME})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    # --- saving through services ---------------------------------------------------------------
    def get_form(
        self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        """Return the form, which knows its organization and what the service refused."""
        owner = self.owner_of(obj) if obj is not None else _owner_of_new(self, request)
        request.edited_organization = owner
        base = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return type(base.__name__, (_ServiceForm, base), {"owner": owner, "refusal": refusal})

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form; where the service refuses, show it again with the reason."""
        extra_context = {"show_save_and_add_another": False, **(extra_context or {})}
        try:
            with transaction.atomic():
                page: HttpResponse = super().changeform_view(
                    request, object_id, form_url, extra_context
                )
        except VoiceAssistError as error:
            if request.method != "POST" or getattr(request, "refusal", None) is not None:
                raise
            request.refusal = error
            page = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Hand the row to its service, then run the action whose button was pressed."""
        self.store(request, obj, form)
        for action in self.get_actions_submit_line(request, obj.pk):
            if action.action_name in request.POST:
                action.method(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Hand each row of an inline to its service."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            formset.inline.erase(request, row)
        for row in rows:
            setattr(row, OWNER, self.owner_of(form.instance))
            formset.inline.store(request, row)
        formset.save_m2m()

    # --- deleting through services -------------------------------------------------------------
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Hand the row to its service."""
        self.erase(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        """Hand each row to its service."""
        for obj in queryset:
            self.erase(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """List what goes with the rows; who may delete them may delete their parts."""
        listed, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask and delete; where the service refuses, say why."""
        extra_context = {"what_happens": self.what_happens, **(extra_context or {})}
        return self._or_say_why(
            request, lambda: super(OrganizationAdmin, self).delete_view(
                request, object_id, extra_context
            )
        )  # fmt: skip

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """Show the list and run its actions; where a service refuses, say why."""
        return self._or_say_why(
            request, lambda: super(OrganizationAdmin, self).changelist_view(request, extra_context)
        )

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Show the question, with what goes too."""
        parts = [each for each in context["deleted_objects"] if isinstance(each, list)]
        page: HttpResponse = super().render_delete_form(
            request, {**context, "goes_too": [part for inner in parts for part in inner]}
        )
        return page

    def _or_say_why(self, request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
        if request.method != "POST":
            return work()
        whole = contextlib.nullcontext() if self.each_by_itself else transaction.atomic()
        try:
            with whole:
                return work()
        except VoiceAssistError as error:
            messages.error(request, reason(error))
            return HttpResponseRedirect(request.get_full_path())

    def _names_owner(self, request: Any) -> bool:
        if not request.user.is_superuser or not _is_owned(self.model):
            return False
        if not hasattr(request, "several_organizations"):  # asked once per page
            organizations = self.model._meta.get_field(OWNER).related_model._default_manager
            request.several_organizations = organizations.count() > 1
        return bool(request.several_organizations)

    def _own_filter(self, each: Any) -> Any:
        if not isinstance(each, str) or "__" in each:
            return each
        field = self.model._meta.get_field(each)
        owned = field.is_relation and _is_owned(field.related_model)
        return (each, OwnRowsFilter) if owned else each


class RecordAdmin(OrganizationAdmin):
    """Rows that the platform makes and keeps; people may decide about them where roles say so."""

    warn_unsaved_form = False
    each_by_itself = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


class ReadOnlyAdmin(RecordAdmin):
    """Rows that nobody edits by hand: versions, executions, calls."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


class _OrganizationInline(_Scoped):
    """Rows of a part, edited on the page of the whole; say in `store` and `erase` who writes."""

    extra = 0
    hide_title = True  # the first field says it

    def store(self, request: HttpRequest, obj: Any) -> None:
        """Save `obj` by its service."""
        raise NotImplementedError(f"{type(self).__name__}.store must call a service.")

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Delete `obj` by its service."""
        raise NotImplementedError(f"{type(self).__name__}.erase must call a service.")

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset, which knows the inline whose services save it."""
        if not hasattr(request, "edited_organization"):
            request.edited_organization = getattr(obj, OWNER, None) or _current(request)
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.inline = self
        return formset

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Leave the organization out: it is that of the whole."""
        return (*(super().get_exclude(request, obj) or ()), OWNER)  # type: ignore[misc]


class OrganizationTabularInline(_OrganizationInline, TabularInline):  # type: ignore[misc]
    """Parts as rows of a table."""


class OrganizationStackedInline(_OrganizationInline, StackedInline):  # type: ignore[misc]
    """Parts as forms below each other."""


class _ServiceForm:
    """Mixed into every form: its row has its organization, its errors include the service's."""

    owner: Any = None
    refusal: VoiceAssistError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        if _is_owned(type(form.instance)) and form.instance.organization_id is None:
            form.instance.organization = self.owner

    def clean(self) -> Any:
        """Add what the service refused in the attempt before this rendering."""
        form: Any = self
        data = super().clean()  # type: ignore[misc]
        if self.refusal is None:
            return data
        errors = (
            self.refusal.errors
            if isinstance(self.refusal, InvalidInput)
            else {"": self.refusal.public_message}
        )
        for path, text in errors.items():
            name = self.field_for(path)
            form.add_error(name if name in form.fields else None, self.text_for(path, text))
        return data

    def field_for(self, path: str) -> str:
        """Return the form field that shows the error of a dotted path; forms may say their own."""
        own = getattr(super(), "field_for", None)  # this class comes first in every form
        return own(path) if own is not None else path.partition(".")[0]

    def text_for(self, path: str, text: str) -> str:
        """Return an error as its field shows it; forms may say where inside the field it is."""
        own = getattr(super(), "text_for", None)
        return own(path, text) if own is not None else text


def reason(error: VoiceAssistError) -> str:
    """Return an error as one line for a message, without field names."""
    if isinstance(error, InvalidInput):
        return " ".join(error.errors.values())
    return error.public_message


def pretty_json(value: Any) -> SafeString:
    """Return a JSON value as an indented, escaped block for read-only pages."""
    if value in (None, "", {}, []):
        return SafeString("–")
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="va-code">{}</pre>', in_reading_order(text))


def _current(request: Any) -> Any:
    return request.organization


def _owner_of_new(model_admin: OrganizationAdmin, request: HttpRequest) -> Any:
    return _current(request) if _is_owned(model_admin.model) else None


def _is_owned(model: Any) -> bool:
    return any(field.name == OWNER and field.is_relation for field in model._meta.fields)
