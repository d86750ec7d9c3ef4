"""Phone numbers: E.164 with the country, one owner, answered by an assistant of the same one."""

import pytest

from tests.factories.assistants import make_assistant, make_number
from tests.factories.organizations import make_organization
from voiceassist.assistants.models import PhoneNumber
from voiceassist.assistants.services import deleting, numbers
from voiceassist.foundation.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("written", ["+12025550123", "+1 202 555 0123", "+1 (202) 555-0123"])
def test_a_number_is_kept_as_e164_however_it_is_written(written: str) -> None:
    assert str(make_number(make_organization(), written).number) == "+12025550123"


@pytest.mark.parametrize("written", ["2025550123", "(202) 555-0123", "", "front desk"])
def test_a_number_without_its_country_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as error:
        make_number(make_organization(), written)
    assert "The country is missing" in error.value.errors["number"]


@pytest.mark.parametrize("written", ["+1202555012", "+999", "+", "+1 202 555 01234567"])
def test_an_incomplete_number_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InvalidInput) as error:
        make_number(make_organization(), written)
    assert "+1 202 555 0100" in error.value.errors["number"]


def test_a_number_belongs_to_one_organization() -> None:
    make_number(make_organization())
    with pytest.raises(InvalidInput, match="in use already"):
        make_number(make_organization())


def test_another_organizations_assistant_cannot_answer() -> None:
    foreign = make_assistant(make_organization())
    row = make_number(make_organization())
    with pytest.raises(InvalidInput, match="of this organization"):
        numbers.assign(row, foreign)
    row.refresh_from_db()
    assert row.assistant is None


def test_a_number_is_given_to_an_assistant_and_taken_back() -> None:
    organization = make_organization()
    assistant = make_assistant(organization)
    row = make_number(organization)
    numbers.assign(row, assistant)
    assert PhoneNumber.objects.of(organization).get().assistant == assistant
    numbers.assign(row, None)
    assert PhoneNumber.objects.of(organization).get().assistant is None


def test_a_number_outlives_its_assistant() -> None:
    organization = make_organization()
    assistant = make_assistant(organization)
    make_number(organization, assistant=assistant)
    deleting.delete(assistant)
    assert PhoneNumber.objects.of(organization).get().assistant is None


def test_a_removed_number_is_free_again() -> None:
    freed = make_number(make_organization())
    numbers.remove(freed)
    assert make_number(make_organization()).number == freed.number


def test_a_number_that_was_taken_a_moment_ago_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rival = make_organization()

    def overtaken(row: PhoneNumber, assistant: object) -> None:
        PhoneNumber(organization=rival, number=row.number).save()

    monkeypatch.setattr(numbers, "_check_own", overtaken)
    with pytest.raises(InvalidInput) as error:
        make_number(make_organization(), "+12025550123")
    assert "in use already" in error.value.errors["number"]
