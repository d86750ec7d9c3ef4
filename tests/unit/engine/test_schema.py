"""Arguments against a schema: what is dropped, what is said, what is never loaded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_library.engine.errors import ToolArgumentsError, ToolConfigurationError
from tools_library.engine.schema import accept, declared_names, parse_arguments, problems_of

ORDER = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string"},
        "size": {"enum": ["S", "M"]},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "free": {"type": "object", "additionalProperties": True},
    },
    "required": ["order_id"],
    "additionalProperties": False,
}


def test_declared_arguments_stay_and_others_go_at_every_depth():
    given_ = {"order_id": "7", "evil": 1, "address": {"city": "Oslo", "evil": 1}, "free": {"a": 1}}
    assert accept(ORDER, given_) == {
        "order_id": "7", "address": {"city": "Oslo"}, "free": {"a": 1},
    }  # fmt: skip


def test_an_object_that_says_any_more_may_come_keeps_what_came():
    free = {"type": "object", "additionalProperties": {}}
    schema = {"type": "object", "properties": {"free": free}}
    assert accept(schema, {"free": {"a": 1}}) == {"free": {"a": 1}}


@given(st.dictionaries(st.text(), st.integers()))
def test_nothing_undeclared_ever_passes(extra):
    kept = accept(ORDER, {**extra, "order_id": "7", "size": "S", "address": {}, "free": {}})
    assert set(kept) <= declared_names(ORDER)
    assert accept({"type": "object", "properties": {}}, extra) == {}
    assert accept({"type": "object"}, extra) == {}


def test_combined_schemas_declare_what_their_parts_declare():
    schema = {
        "type": "object",
        "properties": {"a": {}},
        "anyOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}}],
    }
    assert accept(schema, {"a": 1, "b": 2, "c": 3, "d": 4}) == {"a": 1, "b": 2, "c": 3}


def test_errors_tell_the_model_what_to_change():
    with pytest.raises(ToolArgumentsError) as caught:
        accept(ORDER, {"size": "XL", "address": {"city": 3}})
    text = caught.value.public_message
    assert "`order_id` is required." in text
    assert '`size` must be one of "S", "M", not "XL".' in text
    assert "`address.city` must be of type string, not 3." in text
    assert caught.value.code == "invalid_arguments"


@pytest.mark.parametrize("reference", ["https://example.com/x.json", "file:///etc/passwd", "x"])
def test_remote_references_are_never_followed(reference):
    schema = {"type": "object", "properties": {"a": {"$ref": reference}}}
    assert [path for path, _ in problems_of(schema)] == ["properties.a.$ref"]
    with pytest.raises(ToolConfigurationError):
        accept(schema, {"a": 1})


def test_local_references_work_and_endless_ones_end():
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/n"}},
        "$defs": {"n": {"type": "integer"}},
    }
    assert not list(problems_of(schema))
    assert accept(schema, {"a": 1}) == {"a": 1}
    endless = {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}}
    with pytest.raises(ToolConfigurationError):
        accept(endless, {"a": 1})
    assert [path for path, _ in problems_of(endless)] == ["properties.a.$ref"]


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"$ref": "#/nowhere"}, ["$ref"]),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#name"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$dynamicRef": "#name"}}}, ["properties.a.$dynamicRef"]),
        ({"properties": {"a": {"$ref": "#/required/x"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#/type"}}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#/x"}}, "x": {"type": "?"}}, ["properties.a.$ref"]),
        ({"properties": {"a": {"$ref": "#/x"}}, "x": {"$ref": "#/y"}}, ["properties.a.$ref.$ref"]),
        ({"properties": {"default": {"$ref": "#/y"}}}, ["properties.default.$ref"]),
        ({"properties": {"a": {"items": [{"$ref": "#/y"}]}}}, ["properties.a.items"]),
        ({"$ref": "#"}, ["$ref"]),
        ({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"$ref": "#"}]},
         ["anyOf.1.$ref"]),
        ({"properties": {"a": {"not": {"$ref": "#/$defs/x/anyOf/0"}}},
          "$defs": {"x": {"anyOf": [{"allOf": [{"$ref": "#/$defs/x"}]}]}}},
         ["$defs.x.anyOf.0.allOf.0.$ref"]),
        ({"properties": {"a": {"$ref": "#/$defs/x"}},
          "$defs": {"x": {"$ref": "#/$defs/y"}, "y": {"if": True, "then": {"$ref": "#/$defs/x"}}}},
         ["$defs.y.then.$ref"]),
    ],
)  # fmt: skip
def test_references_that_lead_nowhere_or_in_a_circle_are_told_where(more, paths):
    problems = list(problems_of({"type": "object", **more}))
    assert [path for path, _ in problems] == paths
    assert all(text for _, text in problems)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#"}}},
        {"properties": {"a": {"type": "array", "items": {"$ref": "#/properties/a"}}}},
        {"properties": {"a": {"anyOf": [{"type": "null"}, {"contains": {"$ref": "#"}}]}}},
        {"properties": {"a": {"$ref": "#node"}}, "$defs": {"x": {"$anchor": "node"}}},
        {"properties": {"a": {"default": {"$ref": "https://example.com/x"}, "const": {"$ref": 1}}}},
        {"properties": {"$ref": True, "b": {"$ref": "#/x~1y/0"}}, "x/y": [{"type": "string"}]},
        {"properties": {"a": {"$ref": "#/x"}, "b": {"$ref": "#/x"}}, "x": {"type": "null"}},
        {"properties": {"a": {"$id": "urn:a", "$ref": "#/$defs/x", "$defs": {"x": True}}}},
    ],
)  # fmt: skip
def test_references_that_work_may_stand(schema):
    schema = {"type": "object", **schema}
    assert not list(problems_of(schema))
    accept(schema, {})


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"required": ["b"]}, "required"),
        ({"properties": {"a": {}}, "required": ["a", "b"]}, "required"),
        ({"properties": {"a": {}}, "required": ["b"], "additionalProperties": False}, "required"),
        ({"properties": {"a": {}}, "allOf": [{"type": "object", "required": ["b"]}]},
         "allOf.0.required"),
        ({"properties": {"a": {"type": "object", "required": ["b"]}}}, "properties.a.required"),
        ({"properties": {"a": {"type": "array", "items": {"properties": {}, "required": ["b"]}}}},
         "properties.a.items.required"),
    ],
)  # fmt: skip
def test_what_is_required_must_be_declared_where_the_rest_is_dropped(more, path):
    ((where, text),) = problems_of({"type": "object", **more})
    assert where == path and "`b`" in text and "properties" in text


@pytest.mark.parametrize(
    "more",
    [
        {"required": ["b"], "additionalProperties": True},
        {"required": ["b"], "patternProperties": {"^b": {}}},
        {"required": ["b"], "anyOf": [{"properties": {"b": {}}}]},
        {"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"properties": {"a": {"type": "string", "required": ["b"]}}},
        {"properties": {"required": {"type": "array"}}, "required": ["required"]},
    ],
)
def test_what_is_required_and_passed_on_may_stand(more):
    assert not list(problems_of({"type": "object", **more}))


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ([], ""),
        ({"type": "string"}, "type"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, "properties.a.type"),
        ({"type": "object", "required": "a"}, "required"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_where(schema, path):
    assert path in [where for where, _ in problems_of(schema)]


@pytest.mark.parametrize(
    "raw", ["{", "[]", '"x"', "[" * 5000, "9" * 5000, None, 3, '{"a": 1e999}x']
)
def test_what_is_no_object_is_refused_with_advice(raw):
    with pytest.raises(ToolArgumentsError, match="Call the tool again"):
        parse_arguments(raw)


def test_arguments_are_cleaned_and_bounded():
    assert parse_arguments("") == {}
    assert parse_arguments('{"a": NaN, "b": "x\\u0000\\ud800"}') == {"a": None, "b": "x\ufffd"}
    with pytest.raises(ToolArgumentsError, match="less"):
        parse_arguments({"a": "x" * 70_000})
