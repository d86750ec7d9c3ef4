"""Publishing: immutable versions, one per change, of the draft that was valid."""

import pytest

from tests.factories.assistants import make_assistant
from tests.factories.organizations import make_member, make_organization
from voiceassist.assistants.models import Assistant, AssistantVersion
from voiceassist.assistants.services import differs, drafts, publish
from voiceassist.foundation.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_the_first_version_is_what_the_draft_says() -> None:
    organization = make_organization()
    by = make_member(organization)
    assistant = make_assistant(organization, published=False, instructions="Be kind.")
    assert differs(assistant)
    version = publish(assistant, by)
    assert (version.number, version.published_by) == (1, by)
    assert version.spec.instructions == "Be kind."
    assert not differs(assistant)
    assert Assistant.objects.of(organization).get().published_version == version


def test_a_saved_draft_changes_nothing_for_callers() -> None:
    assistant = make_assistant(make_organization(), instructions="Old words.")
    assistant.instructions = "New words."
    drafts.save(assistant)
    assert differs(assistant)
    stored = Assistant.unscoped.get(pk=assistant.pk)
    assert stored.published_version is not None
    assert stored.published_version.spec.instructions == "Old words."


def test_the_same_draft_makes_no_new_version() -> None:
    assistant = make_assistant(make_organization())
    again = publish(Assistant.unscoped.get(pk=assistant.pk), None)
    assert again.number == 1
    assert assistant.versions.count() == 1


def test_a_description_is_no_reason_for_a_version() -> None:
    assistant = make_assistant(make_organization())
    assistant.description = "For the front desk."
    drafts.save(assistant)
    assert not differs(assistant)


def test_going_back_to_old_words_is_a_new_version() -> None:
    assistant = make_assistant(make_organization(), first_message="One")
    for words in ("Two", "One"):
        assistant.first_message = words
        drafts.save(assistant)
        publish(assistant, None)
    numbers = list(assistant.versions.values_list("number", "configuration__first_message"))
    assert numbers == [(3, "One"), (2, "Two"), (1, "One")]


def test_a_faulty_draft_is_not_published_and_the_old_version_stays() -> None:
    assistant = make_assistant(make_organization())
    assistant.instructions = "Ask ${nobody}"
    with pytest.raises(InvalidInput, match=r"\$\{nobody\} is not known"):
        publish(assistant, None)
    assert assistant.versions.count() == 1
    assert differs(assistant)


def test_a_version_cannot_be_changed() -> None:
    version = make_assistant(make_organization()).published_version
    assert version is not None
    version.configuration["instructions"] = "Something else."
    with pytest.raises(TypeError, match="publish a new one"):
        version.save()
    assert AssistantVersion.unscoped.get().spec.instructions != "Something else."


def test_a_stored_version_reads_back_as_the_same_spec() -> None:
    assistant = make_assistant(make_organization(), turn_detection="semantic_vad")
    version = AssistantVersion.unscoped.get(assistant=assistant)
    assert version.spec == drafts.check(assistant)


def test_an_organization_sees_its_own_versions_only() -> None:
    ours, theirs = make_organization(), make_organization()
    version = make_assistant(ours).published_version
    make_assistant(theirs)
    assert list(AssistantVersion.objects.of(ours)) == [version]


def test_a_query_that_names_no_organization_is_refused() -> None:
    with pytest.raises(TypeError, match="Name the organization"):
        Assistant.objects.all()
