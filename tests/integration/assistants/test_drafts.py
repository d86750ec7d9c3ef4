"""Saving a draft: every fault is named at its field, and nothing half-right is stored."""

from typing import Any

import pytest

from tests.factories.assistants import draft, make_assistant
from tests.factories.organizations import make_organization
from voiceassist.assistants.models import Assistant
from voiceassist.assistants.models.assistant import FIRST_MESSAGE_MAX, INSTRUCTIONS_MAX
from voiceassist.assistants.services import drafts, duplicate
from voiceassist.assistants.spec import SemanticVad, ServerVad
from voiceassist.foundation.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"instructions": ""}, "instructions", "Say who the assistant is"),
        ({"instructions": " \n"}, "instructions", "Say who the assistant is"),
        ({"instructions": "x" * (INSTRUCTIONS_MAX + 1)}, "instructions", "at most 32000"),
        ({"first_message": "x" * (FIRST_MESSAGE_MAX + 1)}, "first_message", "at most 1000"),
        ({"instructions": "Hi ${caller}"}, "instructions", "${caller} is not known"),
        ({"first_message": "Hi ${password}"}, "first_message", "${password} is not known"),
        ({"first_message": "Hi ${"}, "first_message", "is not closed"),
        ({"name": ""}, "name", "blank"),
        ({"slug": "no spaces"}, "slug", "slug"),
        ({"slug": "2024"}, "slug", "add a letter, as in desk-2024"),
        ({"language": "tlh"}, "language", "not a valid choice"),
        ({"vad_threshold": 1.5}, "vad_threshold", "less than or equal to 1"),
        ({"silence_timeout_seconds": 2}, "silence_timeout_seconds", "greater than or equal to 5"),
        ({"max_duration_seconds": 3301}, "max_duration_seconds", "less than or equal to 3300"),
        ({"vad_idle_timeout_ms": 100}, "vad_idle_timeout_ms", "greater than or equal to 5000"),
        ({"sentences": {"nonsense": "x"}}, "sentences.nonsense", "There is no such sentence"),
        ({"sentences": {"holding": "${x}"}}, "sentences.holding", "${x} is not known"),
        ({"sentences": {"holding": "x" * 501}}, "sentences.holding", "501 characters"),
        ({"sentences": {"holding": 3}}, "sentences.holding", "text"),
        ({"sentences": ["holding"]}, "sentences", "object"),
        ({"tools_settings": {"end_call": {"enabled": "maybe"}}}, "tools_settings", "boolean"),
        (
            {"tools_settings": {"end_call": {"custom_message": "Bye ${"}}},
            "tools_settings.end_call.custom_message",
            "is not closed",
        ),
        (
            {"tools_settings": {"transfer_call": {"transfer_numbers": ["555"]}}},
            "tools_settings.transfer_call.transfer_numbers",
            "'555' is no number",
        ),
        ({"tools_settings": {"other": 1}}, "tools_settings", "not permitted"),
        ({"tools_settings": "all"}, "tools_settings", "valid"),
    ],
)
def test_a_fault_is_named_at_its_field(values: dict[str, Any], field: str, words: str) -> None:
    organization = make_organization()
    with pytest.raises(InvalidInput) as error:
        drafts.save(draft(organization, **values))
    (found, text), *more = error.value.errors.items()
    assert not more
    assert found.startswith(field)
    assert words in text
    assert not Assistant.objects.of(organization).exists()


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as error:
        drafts.save(draft(make_organization(), name="", instructions="", vad_threshold=7))
    assert set(error.value.errors) == {"name", "instructions", "vad_threshold"}


def test_a_slug_is_unique_in_its_organization_only() -> None:
    ours, theirs = make_organization(), make_organization()
    make_assistant(ours, slug="desk")
    make_assistant(theirs, slug="desk")
    with pytest.raises(InvalidInput, match="Another assistant is called desk"):
        drafts.save(draft(ours, slug="desk"))


def test_the_first_assistant_becomes_the_default() -> None:
    organization = make_organization()
    first = make_assistant(organization)
    make_assistant(organization)
    organization.refresh_from_db()
    assert organization.default_assistant == first


def test_each_turn_detection_takes_its_own_numbers_only() -> None:
    organization = make_organization()
    by_silence = draft(organization, vad_threshold=0.7, vad_silence_duration_ms=900)
    assert drafts.check(by_silence).turn_detection == ServerVad(
        threshold=0.7, silence_duration_ms=900
    )
    by_meaning = draft(
        organization, turn_detection="semantic_vad", vad_eagerness="low", vad_threshold=0.7
    )
    assert drafts.check(by_meaning).turn_detection == SemanticVad(eagerness="low")


def test_noise_reduction_none_is_null_for_the_model() -> None:
    assert drafts.check(draft(make_organization())).noise_reduction is None


def test_a_copy_has_the_words_but_neither_numbers_nor_versions() -> None:
    organization = make_organization()
    original = make_assistant(organization, slug="desk", instructions="Be kind.")
    first, second = duplicate(original, None), duplicate(original, None)
    assert (first.slug, second.slug) == ("desk-copy", "desk-copy-2")
    assert first.instructions == "Be kind."
    assert first.published_version is None
    assert not first.versions.exists()
    original.refresh_from_db()
    assert original.slug == "desk"


@pytest.mark.parametrize(
    ("field", "asked"), [("slug", "_slug_taken"), ("agent_class_name", "_class_name_taken")]
)
def test_a_name_that_was_taken_a_moment_ago_is_refused_at_its_field(
    monkeypatch: pytest.MonkeyPatch, field: str, asked: str
) -> None:
    organization = make_organization()
    drafts.save(draft(organization, **{"slug": "first", field: "desk"}))
    before = iter([False])  # nobody had it when it was looked for
    monkeypatch.setattr(drafts, asked, lambda assistant: next(before, True))
    with pytest.raises(InvalidInput) as error:
        drafts.save(draft(organization, **{"slug": "second", field: "desk"}))
    assert set(error.value.errors) == {field}
    assert Assistant.unscoped.count() == 1
