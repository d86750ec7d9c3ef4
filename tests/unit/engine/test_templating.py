"""Templates: names, types, escaping, and what arguments can never reach."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.engine.errors import ToolArgumentsError, ToolConfigurationError
from tools_library.engine.secrets import FixedSecrets
from tools_library.engine.templating import (
    Names,
    names_in,
    origin_has_names,
    render,
    render_headers,
    render_text,
    render_url,
)

CONTEXT = {"call_sid": "CA1", "phone_numbers": {"from": "+12025550123", "to": None}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def names(arguments=None, declared=frozenset()):
    return Names(CONTEXT, arguments or {}, declared)


def test_names_are_filled_wherever_they_stand():
    template = {"a": ["${call_sid}", {"b": "from ${phone_numbers.from}!"}], "${call_sid}": 1}
    assert render(template, names()) == {"a": ["CA1", {"b": "from +12025550123!"}], "CA1": 1}


@given(JSON)
def test_a_whole_name_keeps_its_type(value):
    assert render("${thing}", names({"thing": value})) == value
    assert render({"all": "${parameters}"}, names({"thing": value})) == {"all": {"thing": value}}


def test_inside_text_values_are_text():
    arguments = {"n": 2.5, "yes": True, "nothing": None, "list": [1, "é"]}
    text = render("${n} ${yes} [${nothing}] ${list}", names(arguments))
    assert text == '2.5 true [] [1,"é"]'


@given(st.text())
def test_values_are_never_read_as_templates(value):
    assert render_text("<${v}>", names({"v": value})) == f"<{value}>"


def test_two_dollars_are_a_literal():
    assert render("$${call_sid} and ${call_sid}", names()) == "${call_sid} and CA1"
    assert list(names_in({"x": "$${a} ${b.c}", "y": ["${d}"]})) == ["b.c", "d"]


@pytest.mark.parametrize("name", ["unknown", "call_sid.deeper", "phone_numbers.other"])
def test_an_unknown_name_is_named(name):
    with pytest.raises(ToolConfigurationError, match=name.replace(".", r"\.")):
        render({"x": f"${{{name}}}"}, names())


@pytest.mark.parametrize("template", ["${", "${a", "${}", "${a b}", "${a..b}", "${1+1}"])
def test_what_is_no_name_is_refused(template):
    with pytest.raises(ToolConfigurationError):
        list(names_in(template))
    with pytest.raises(ToolConfigurationError):
        render(template, names({"a": 1}))


def test_a_declared_argument_that_was_not_given_is_null():
    given = names({"a": 1}, declared=frozenset({"a", "note"}))
    assert render(["${note}", "${parameters.note}", "x${note}"], given) == [None, None, "x"]


def test_an_argument_cannot_stand_in_for_the_platform():
    assert render("${call_sid}", names({"call_sid": "forged"})) == "CA1"
    assert render("${parameters}", names({"parameters": "forged"})) == {"parameters": "forged"}


@given(st.text(min_size=1))
def test_a_value_stays_one_segment_of_the_path(value):
    if value in (".", ".."):
        with pytest.raises(ToolArgumentsError):
            render_url("https://api.example.com/orders/${v}/items?x=1", names({"v": value}))
        return
    url = render_url("https://api.example.com/orders/${v}/items?x=1", names({"v": value}))
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.query) == ("https", "api.example.com", "x=1")
    assert parts.path.startswith("/orders/") and parts.path.count("/") == 3


@pytest.mark.parametrize(
    "url",
    ["${u}", "${s}://a.example/", "https://${h}/", "https://a.example:${p}/", "https://${h}.b/",
     "https://a.example${x}", "https://a.example\\${x}/"],
)  # fmt: skip
def test_scheme_host_and_port_hold_no_names(url):
    assert origin_has_names(url)
    with pytest.raises(ToolConfigurationError):
        render_url(url, names({"u": "https://b.example", "h": "b", "x": "@b"}))


@given(st.text())
def test_headers_carry_no_line_breaks(value):
    unsafe = any(ord(each) < 32 and each != "\t" or each == "\x7f" for each in value)
    if unsafe:
        with pytest.raises(ToolArgumentsError, match="X-Who"):
            render_headers({"X-Who": "${v}"}, names({"v": value}))
    else:
        assert render_headers({"X-Who": "${v}"}, names({"v": value})) == {"X-Who": value}


SECRETS = {"API_KEY": "s3cret/ü", "call_sid": "from the safe", "shadow": "from the safe"}


def test_credentials_stand_between_the_platform_and_the_arguments():
    given = Names(CONTEXT, {"a": 1}, secrets=FixedSecrets(SECRETS))
    assert render("${shadow} ${call_sid} ${a}", given) == "from the safe CA1 1"
    assert render_url("https://a.example/${API_KEY}?k=${API_KEY}", given).count("s3cret%2F") == 2


@pytest.mark.parametrize(
    ("arguments", "declared"), [({"shadow": "from the model"}, frozenset()), ({}, {"shadow"})]
)
def test_what_is_an_argument_and_a_credential_is_neither(arguments, declared):
    given = Names(CONTEXT, arguments, frozenset(declared), FixedSecrets(SECRETS))
    with pytest.raises(ToolConfigurationError, match="rename one"):
        render("${shadow}", given)
    assert render("${parameters.shadow}", given) == arguments.get("shadow")


def test_an_argument_never_stands_in_for_a_credential_that_is_gone():
    given = Names(CONTEXT, {}, frozenset(), FixedSecrets({}))
    with pytest.raises(ToolConfigurationError, match="API_KEY"):
        render_headers({"X-Key": "${API_KEY}"}, given)


def test_a_credential_has_no_parts():
    with pytest.raises(ToolConfigurationError, match=r"API_KEY\.first"):
        render("${API_KEY.first}", Names(CONTEXT, {}, secrets=FixedSecrets(SECRETS)))
