"""Each verb declares the type of its result, and its schema follows from that type."""

from __future__ import annotations

import json
from typing import Any, Literal, TypedDict

import pytest
from jsonschema import Draft7Validator

from atlas.cli.main import parser_of_verb
from atlas.core import results
from atlas.core.records.assignment import REPORTS, ReportKind
from atlas.core.results import assignments, polling, sessions, understanding, updates
from atlas.core.rules import understanding as understanding_rules
from atlas.core.rules import updates as update_rules
from atlas.core.verbs import VERBS
from atlas.services.orchestration import stop_receipt
from tests.generate.results import Definitions, result_type, result_types, schema_of

from .conftest import Atlas
from .envelopes import SCHEMAS, hold_to_schema, validator_of

every_verb = pytest.mark.parametrize("verb", VERBS)


@every_verb
def test_a_verb_declares_what_it_answers(verb: str) -> None:
    name = "".join(word.title() for word in verb.split("-")) + "Result"
    run = parser_of_verb(verb).get_default("run")
    assert run.__annotations__["return"] == f"Outcome[{name}]"
    assert result_types()[name] == result_type(verb)
    assert result_types()[name].__module__.startswith(("atlas.core.results.", "types"))


@every_verb
def test_the_schema_of_a_result_is_one_and_describes_itself(verb: str) -> None:
    schema: Any = json.loads((SCHEMAS / f"{verb}.schema.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    assert (schema["title"], schema["version"], schema["type"]) == (verb, results.VERSION, "object")
    objects = [schema] if "properties" in schema else [schema["$defs"][form["$ref"][8:]] for form in schema["anyOf"]]
    assert all(each["description"] and each["additionalProperties"] is False for each in objects)


def test_there_is_a_schema_for_each_verb_and_no_other() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{verb}.schema.json" for verb in VERBS}


class Nested(TypedDict):
    """A thing."""

    name: str


class _Optional(TypedDict, total=False):
    note: str


class Outer(_Optional):
    """What is
    in it.

    More.
    """

    inner: list[Nested]
    either: Nested | None
    kind: Literal["a", "b"] | None
    by_name: dict[str, int]
    seconds: float | None


def test_a_type_becomes_a_schema() -> None:
    definitions = Definitions()
    assert definitions.schema(Outer) == {"$ref": "#/$defs/Outer"}
    assert definitions.found["Outer"] == {
        "description": "What is in it.\n\nMore.",
        "type": "object",
        "additionalProperties": False,
        "required": ["inner", "either", "kind", "by_name", "seconds"],
        "properties": {
            "note": {"type": "string"},
            "inner": {"type": "array", "items": {"$ref": "#/$defs/Nested"}},
            "either": {"anyOf": [{"$ref": "#/$defs/Nested"}, {"type": "null"}]},
            "kind": {"enum": ["a", "b", None]},
            "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
            "seconds": {"type": ["number", "null"]},
        },
    }


@pytest.mark.parametrize("hint", [Any, object, dict, dict[int, str], tuple[str, ...]])
def test_a_type_that_says_too_little_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="has no schema"):
        Definitions().schema(hint)


def test_two_types_of_one_name_are_refused() -> None:
    mine = Nested

    def other() -> object:
        class Nested(TypedDict):
            other: int

        return Nested

    definitions = Definitions()
    definitions.schema(mine)
    with pytest.raises(TypeError, match="two types are called Nested"):
        definitions.schema(other())


@pytest.mark.parametrize(
    "broken",
    [{"in_phase": True, "complete": True}, {"in_phase": True, "complete": 1, "remaining": []}, {"more": 1}],
    ids=["a field is missing", "a field is of another type", "a field too many"],
)
def test_an_answer_that_is_not_as_its_schema_says_fails_the_test_that_saw_it(broken: dict[str, Any]) -> None:
    whole = {"in_phase": True, "complete": True, "remaining": []}
    envelope = {"atlas": 1, "verb": "check", "ok": True}
    hold_to_schema(json.dumps({**envelope, "result": whole}))
    result = {**whole, **broken} if "more" in broken else broken
    with pytest.raises(AssertionError, match="the result of check is not as its schema says"):
        hold_to_schema(json.dumps({**envelope, "result": result}))


def test_the_answers_of_a_running_orchestration_are_as_their_schemas_say(begun: object, atlas: Atlas) -> None:
    for verb in ("status", "check", "lead", "settings", "history", "check-agents", "doctor"):
        envelope = json.loads(atlas(verb, "--json").stdout)
        assert validator_of(verb).is_valid(envelope["result"])
        assert not validator_of(verb).is_valid({**envelope["result"], "more": 1})


def test_what_a_result_can_say_is_what_the_rules_say() -> None:
    rules, steps = understanding_rules, update_rules
    said = {
        ReportKind: REPORTS,
        assignments.Receipt: (stop_receipt.ARRIVED, stop_receipt.LATE, stop_receipt.ABSENT),
        sessions.Mode: ("print", "tmux", "headless"),
        understanding.WaitsFor: (rules.REPEAT, rules.JUDGE, rules.ANSWER, rules.AUTHORIZE, rules.NOTHING),
        updates.UpdateNeeds: (steps.RECEIPT, steps.FEASIBILITY, steps.CONCERNS, steps.AUTHORIZATION),
        polling.PollPriority: ("normal", "high", "urgent"),
    }
    for declared, values in said.items():
        assert Definitions().schema(declared) == {"enum": list(values)}
    assert schema_of("report")["properties"]["report"] == {"enum": list(REPORTS)}
