"""Documents in the admin: pasted, uploaded or fetched, and what they were cut into."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from voiceassist.foundation.admin import OrganizationAdmin, action, display
from voiceassist.foundation.errors import InvalidInput
from voiceassist.knowledge.admin import states
from voiceassist.knowledge.choices import DocumentKind, DocumentStatus
from voiceassist.knowledge.models import DocumentSource, KnowledgeChunk, KnowledgeDocument
from voiceassist.knowledge.reading.decoding import decode
from voiceassist.knowledge.services import documents
from voiceassist.knowledge.services.documents import Content

_KINDS = (
    ("", "As the file's name says; text where there is none"),
    *(each for each in DocumentKind.choices if each[0] != DocumentKind.URL),
)
_WRITTEN = (DocumentKind.TEXT, DocumentKind.MARKDOWN, DocumentKind.HTML)
_SHOWN = 30


class DocumentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A document's title and category, and one of a text, a file and an address."""

    text = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14}),
        help_text="Headings help: in Markdown, a line that begins with #.",
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget,
        help_text="Up to 10 MB: .txt, .md, .html or .pdf.",
    )
    url = forms.CharField(
        required=False,
        label="Or the address of a page",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://"}),
        help_text="It is fetched once; “Save and read again” fetches it anew.",
    )
    kind = forms.ChoiceField(
        required=False, choices=_KINDS, label="Read it as", widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = KnowledgeDocument
        fields = ("collection", "title", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["title"].required = False
            self.fields["title"].help_text += " Empty: the name of the file or page."
            return
        self.initial["kind"] = self.instance.kind
        self.initial["url"] = self.instance.url
        self.initial["text"] = self._kept() if self.instance.kind in _WRITTEN else ""

    def clean_text(self) -> str:
        """Return the text with line ends as they are kept; browsers send others."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def content(self) -> Content | None:
        """Return what was given; None where a document keeps what it has."""
        given, file = self.cleaned_data, self.cleaned_data.get("file")
        kind = given.get("kind") or ""
        if self.instance.pk is None:
            data = self._bytes() if file else None
            name = file.name if file else ""
            return Content(kind, given["text"], data, name, given["url"])
        if file:
            return Content("" if "kind" not in self.changed_data else kind, "", self._bytes(),
                           file.name)  # fmt: skip
        if "url" in self.changed_data and given["url"]:
            return Content(url=given["url"])
        written = kind or DocumentKind.TEXT
        edited = given["text"] != self.initial["text"]
        if edited or ("kind" in self.changed_data and given["text"]):
            return Content(written, given["text"])
        return None

    def _bytes(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > documents.FILE_MAX_BYTES:
            raise InvalidInput({"file": documents.too_large()})
        file.seek(0)  # a refused form is read twice
        return bytes(file.read())

    def _kept(self) -> str:
        rows = DocumentSource.objects.of(self.instance.organization_id)
        source = rows.filter(document=self.instance).first()
        return decode(bytes(source.data)) if source is not None else ""


@admin.register(KnowledgeDocument)
class DocumentAdmin(OrganizationAdmin):
    """What assistants can look up, document by document."""

    form = DocumentForm
    list_display = ("title", "collection", "category", "kind", "state", "chunk_count", "read_at")
    list_filter = ("collection", "status", "kind")
    list_select_related = ("collection",)
    search_fields = ("title", "category", "url")
    actions_submit_line = ("read_again",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show how it went, and what came of it, once it was saved."""
        own = (None, {"fields": ("collection", "title", "category")})
        content = ("What it says: one of these", {"fields": ("text", "file", "url", "kind")})
        if obj is None:
            return (own, content)
        how = ("How it was read", {"fields": (("state", "read_at"), "error")})
        cut = (f"Its parts ({obj.chunk_count})", {"classes": ["collapse"], "fields": ("parts",)})
        if not self.has_change_permission(request, obj):
            return (own, ("Where it is from", {"fields": (("kind", "filename"), "url")}), how, cut)
        if obj.status == DocumentStatus.FAILED:
            return (how, own, content, cut)  # what to do about it comes first
        return (own, content, how, cut)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep a document in its collection, whose language it was cut in."""
        if obj is None:
            return ()
        return ("collection", "state", "read_at", "error", "parts", "filename")

    @display(description="Status", ordering="status", label=states.LABELS)
    def state(self, obj: KnowledgeDocument) -> str:
        """Return the status in words."""
        return str(obj.get_status_display())

    @display(description="Parts")
    def parts(self, obj: KnowledgeDocument) -> SafeString:
        """Return the first parts as assistants are told them."""
        rows = KnowledgeChunk.objects.of(obj.organization_id).filter(document=obj)
        shown = rows.values_list("heading", "text")[:_SHOWN]
        more = obj.chunk_count - _SHOWN
        listed = format_html_join(
            "", '<p>{}</p><div class="va-code" tabindex="0">{}</div>',
            ((heading or "Without a heading", text) for heading, text in shown),
        )  # fmt: skip
        end = format_html("<p>{} more.</p>", more) if more > 0 else ""
        return format_html("{}{}", listed, end) if listed else SafeString("None yet.")

    def store(self, request: HttpRequest, obj: KnowledgeDocument, form: DocumentForm) -> None:
        """Save by the service, which has it read."""
        content = form.content()
        if obj.pk is not None:
            documents.change(obj, title=obj.title, category=obj.category, content=content)
            return
        made = documents.add(
            obj.collection, content or Content(), title=obj.title, category=obj.category
        )
        obj.pk, obj.title = made.pk, made.title
        obj._state.adding = False

    def erase(self, request: HttpRequest, obj: KnowledgeDocument) -> None:
        """Delete it with its parts."""
        documents.delete(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """List the documents alone, not their parts."""
        named = [str(obj) for obj in objs]
        return named, {"documents": len(named)}, set(), []

    @action(description="Save and read again", permissions=["change"], icon="refresh")
    def read_again(self, request: HttpRequest, obj: KnowledgeDocument) -> None:
        """Read it once more; a page is fetched anew."""
        documents.fetch_again(obj)
        messages.success(request, f"{obj} is being read. Load its page again to see how it went.")
