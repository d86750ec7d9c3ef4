"""Publishing: the draft becomes an immutable version that calls run on; imports the models."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.assistants.services import drafts
from voiceassist.foundation.errors import InvalidInput
from voiceassist.organizations.models import User


@transaction.atomic
def publish(assistant: Assistant, by: User | None) -> AssistantVersion:
    """Make the draft live for the next call; running calls keep their version.

    A draft equal to the published version makes no new one: the published one is returned.

    Raises:
        InvalidInput: the draft cannot be published; names each field that must change.
    """
    configuration = drafts.check(assistant).model_dump(mode="json")
    # Two people who publish at once get two numbers: the second waits for the row.
    locked = (
        Assistant.objects.of(assistant.organization_id).select_for_update().get(pk=assistant.pk)
    )
    current: AssistantVersion | None = locked.published_version
    if current is not None and current.configuration == configuration:
        assistant.published_version = current
        return current
    newest = AssistantVersion.objects.of(locked.organization_id).filter(assistant=locked)
    version = AssistantVersion(
        organization_id=locked.organization_id,
        assistant=locked,
        number=(newest.aggregate(top=Max("number"))["top"] or 0) + 1,
        configuration=configuration,
        published_by=by,
    )
    version.save()
    assistant.published_version = version
    assistant.save(update_fields=["published_version", "updated_at"])
    return version


def differs(assistant: Assistant) -> bool:
    """Return whether publishing would change what callers get; a faulty draft differs too."""
    current = assistant.published_version
    if current is None:
        return True
    try:
        return bool(drafts.check(assistant).model_dump(mode="json") != current.configuration)
    except InvalidInput:
        return True
