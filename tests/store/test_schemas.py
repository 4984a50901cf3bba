"""What the code says of records, and what the schemas say, is the same."""

from __future__ import annotations

import ast
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from atlas.adapters.store import schema
from atlas.core.errors import AtlasError
from atlas.core.records import assignment, constants, discovery, kinds, message, plan, team
from atlas.core.records.kinds import KINDS
from atlas.core.records.transitions import TRANSITIONS
from tests.support import SCRIPTS

RECORDS = {kind: getattr(kinds, "".join(word.title() for word in kind.split("_"))) for kind in KINDS}
SCHEMAS = {path.name.removesuffix(".schema.json"): path for path in Path(schema.SCHEMAS).glob("*.schema.json")}


def load(kind: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(SCHEMAS[kind].read_text(encoding="utf-8"))
    return value


def test_there_is_a_schema_for_each_kind_and_the_plan() -> None:
    assert {*KINDS, "plan"} <= set(SCHEMAS)


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_schema_is_valid_and_closed(kind: str) -> None:
    value = load(kind)
    for part in (value, *value["$defs"].values()):  # draft 7 does not look into `$defs` by itself
        Draft7Validator.check_schema(part)
    for part in objects(value):
        assert "additionalProperties" in part, f"an object in {kind} lets anything pass"
        if "properties" in part:
            assert part["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_schema_keeps_to_the_dialect(kind: str) -> None:
    value = load(kind)
    assert value["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert list(strange_keywords(value, value["$defs"], top=True)) == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"type": "string", "format": "date"}, "format"),
        ({"type": "array", "items": {"prefixItems": []}}, "prefixItems"),
        ({"anyOf": [{"unevaluatedProperties": False}]}, "unevaluatedProperties"),
        ({"properties": {"format": {"$dynamicRef": "#x"}}}, "$dynamicRef"),
        ({"additionalProperties": {"$defs": {}}}, "$defs"),
        ({"$ref": "#/$defs/slug", "maxLength": 9}, "beside $ref"),
        ({"$ref": "#/$defs/nobody"}, "#/$defs/nobody"),
    ],
)
def test_what_is_not_of_the_dialect_is_found(part: dict[str, Any], fault: str) -> None:
    assert list(strange_keywords(part, {"slug": {}})) == [fault]


KEYWORDS = {
    *("type", "enum", "anyOf", "$ref", "title", "description"),
    *("properties", "required", "additionalProperties", "propertyNames", "items", "uniqueItems"),
    *("minLength", "maxLength", "pattern", "minimum", "maximum"),
}
"""What a schema may use: of these it is tested that `schema_match` and the library agree."""


def strange_keywords(part: Any, named: dict[str, Any], top: bool = False) -> Iterator[str]:
    """What in a part of a schema is not of draft 7 with `$defs`, or is not used by ATLAS."""
    if not isinstance(part, dict):
        return
    yield from sorted(part.keys() - KEYWORDS - ({"$schema", "$defs"} if top else set()))
    if "$ref" in part:
        if len(part) > 1:
            yield "beside $ref"
        if part["$ref"].removeprefix("#/$defs/") not in named:
            yield part["$ref"]
    inner = [*part.get("properties", {}).values(), *part.get("anyOf", ()), *(named.values() if top else ())]
    for each in (*inner, *(part.get(word) for word in ("items", "additionalProperties", "propertyNames"))):
        yield from strange_keywords(each, named)


def objects(value: Any) -> list[dict[str, Any]]:
    """Every part of a schema that describes an object."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [part for each in inner for part in objects(each)]
    is_object = isinstance(value, dict) and "object" in (value.get("type"), *(as_list(value.get("type"))))
    return [value, *found] if is_object else found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_record_and_its_schema_have_the_same_fields(kind: str) -> None:
    assert_same(RECORDS[kind], load(kind), load(kind)["$defs"], kind)
    assert KINDS[kind].key in load(kind)["properties"]


def assert_same(hint: Any, part: dict[str, Any], named: dict[str, Any], where: str) -> None:
    """The type hint and the part of a schema allow the same types, all the way down."""
    if "$ref" in part:
        part = named[part["$ref"].removeprefix("#/$defs/")]
    if typing.is_typeddict(hint):
        fields = typing.get_type_hints(hint)
        assert part["type"] == "object", where
        assert set(part["properties"]) == set(fields), where
        # A field that only newer versions write is not required: what is stored stays as it was written.
        assert sorted(part["required"]) == sorted(hint.__required_keys__), where
        for name, inner in fields.items():
            assert_same(inner, part["properties"][name], named, f"{where}.{name}")
    elif typing.get_origin(hint) is list:
        assert part["type"] == "array", where
        assert_same(typing.get_args(hint)[0], part["items"], named, f"{where}[]")
    elif typing.get_origin(hint) is dict:
        assert part["type"] == "object", where
        assert_same(typing.get_args(hint)[1], part["additionalProperties"], named, f"{where}{{}}")
    elif typing.get_origin(hint) in (typing.Union, types.UnionType):
        assert_same_choice(typing.get_args(hint), part, named, where)
    else:
        assert part["type"] == JSON_TYPES[hint], where


JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def assert_same_choice(hints: tuple[Any, ...], part: dict[str, Any], named: dict[str, Any], where: str) -> None:
    choices = part.get("anyOf") or [{**part, "type": each} for each in as_list(part["type"])]
    assert len(choices) == len(hints), where
    for hint, choice in zip(hints, choices, strict=True):
        assert_same(hint, choice, named, where)


@pytest.mark.parametrize("kind", sorted(TRANSITIONS))
def test_the_statuses_are_those_of_the_transition_table(kind: str) -> None:
    assert set(load(kind)["properties"]["status"]["enum"]) == set(TRANSITIONS[kind]) - {""}


def test_every_record_with_a_status_has_a_transition_table() -> None:
    assert {kind for kind in KINDS if "status" in load(kind)["properties"]} == set(TRANSITIONS)


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("module", "priority", plan.PRIORITIES),
        ("message", "priority", message.MESSAGE_PRIORITIES),
        ("message", "type", message.MESSAGE_TYPES),
        ("message", "transport", message.TRANSPORTS),
        ("agent", "transport", message.TRANSPORTS),
        ("agent", "type", team.AGENT_TYPES),
        ("assignment", "agent_type", team.AGENT_TYPES),
        ("workflow", "phase", plan.PHASES),
        ("discovery", "kind", constants.DISCOVERY_KINDS),
        ("discovery", "severity", discovery.SEVERITIES),
    ],
)
def test_the_enumerations_are_those_of_the_code(kind: str, field: str, values: tuple[str, ...]) -> None:
    assert load(kind)["properties"][field]["enum"] == list(values)


def test_every_status_that_the_code_names_is_one_of_a_schema() -> None:
    """A slip in a status would find nothing, and be noticed by nobody. Transports have statuses of their own."""
    fields = [part.get("properties", {}).get("status", {}) for kind in SCHEMAS for part in objects(load(kind))]
    known = {status for field in fields for status in field.get("enum", ())}
    sources = [path for path in (SCRIPTS / "atlas").rglob("*.py") if path.parent.name != "transport"]
    named = {name: status for path in sources for name, status in named_statuses(path)}
    assert len(named) > 50
    assert {name for name, status in named.items() if status not in known} == set()


def named_statuses(path: Path) -> Iterator[tuple[str, str]]:
    """The statuses that a source file compares a record's with, asks for, or puts."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        values: list[ast.expr] = []
        if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("['status']"):
            values = node.comparators
        elif isinstance(node, ast.Call):
            values = [keyword.value for keyword in node.keywords if keyword.arg == "status"]
        for part in (part for value in values for part in (value.elts if isinstance(value, ast.Tuple) else [value])):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield f"{path}:{part.lineno}: {part.value}", part.value


def test_the_reports_are_those_of_the_code() -> None:
    assert load("report")["properties"]["kind"]["enum"] == list(assignment.REPORTS)


def test_a_plan_s_module_has_the_fields_of_a_module() -> None:
    planned, module = load("plan")["properties"]["modules"]["items"]["properties"], load("module")["properties"]
    for field in set(planned) - {"status"}:
        assert planned[field] == module[field], field


def test_the_first_fault_is_named_by_record_and_place() -> None:
    record: dict[str, object] = {"id": "x", "type": "robot", "identifier": "", "transport": "built-in", "address": None}
    record |= {"registered_at": "today", "last_seen": None, "seen_seq": 1}
    with pytest.raises(AtlasError, match=r"^agent x: identifier: empty$"):
        schema.check_changes({"agent": {"x": json.dumps(record)}})
    schema.check_changes({"agent": {"x": None}})
