"""Placeholders in text: names, filling, literals, and errors that say what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.assistants import rendering
from voiceassist.foundation.templating import TemplateError, check_names, fill, names


def test_names_are_listed_once_in_order() -> None:
    assert names("${b} ${a.c} ${b} $${x} $5") == ("b", "a.c")


def test_a_doubled_dollar_is_a_literal() -> None:
    assert fill("Say $${name} for ${name}", lambda name: "Ada") == "Say ${name} for Ada"


def test_what_was_filled_in_is_not_filled_again() -> None:
    assert fill("${a}", lambda name: "${b}") == "${b}"


@pytest.mark.parametrize("text", ["${", "${name", "Hi ${first name}", "${}", "${a..b}", "${1x}"])
def test_a_broken_placeholder_is_refused_with_the_way_to_mend_it(text: str) -> None:
    with pytest.raises(TemplateError, match=r"Write \$\{name\}"):
        names(text)


def test_an_unknown_name_names_itself_and_what_is_allowed() -> None:
    with pytest.raises(TemplateError, match=r"\$\{caller\} is not known.*\$\{phone_number\}"):
        check_names("Hello ${caller}", rendering.NAMES)


def test_context_values_are_filled_by_path() -> None:
    context = {"phone_numbers": {"from": "+12025550142"}, "assistant_id": 7}
    text = "From ${phone_numbers.from} to ${phone_numbers.to} with ${assistant_id}"
    assert rendering.fill(text, context) == "From +12025550142 to  with 7"


def test_a_name_that_leads_to_an_object_becomes_nothing() -> None:
    assert rendering.fill("[${phone_numbers}]", {"phone_numbers": {"from": "x"}}) == "[]"


@given(st.text().filter(lambda text: "${" not in text))
def test_text_without_placeholders_stays_as_it_is(text: str) -> None:
    assert fill(text, lambda name: "never") == text
