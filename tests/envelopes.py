"""What verbs print with `--json`, held to the schemas of their results."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlas.core.verbs import VERBS

if TYPE_CHECKING:
    from jsonschema import Draft7Validator

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas/results"


def hold_to_schema(output: str) -> None:
    """Raise AssertionError when this is the answer of a verb as JSON and its result is not as its schema says."""
    if not output.startswith('{"atlas": '):
        return
    envelope = json.loads(output)
    if "result" not in envelope or envelope["verb"] not in VERBS:  # a copy of the plugin may have more
        return
    validator = validator_of(envelope["verb"])
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(envelope["result"])]
    assert not faults, f"the result of {envelope['verb']} is not as its schema says: {faults[:3]}"


@functools.cache
def validator_of(verb: str) -> Draft7Validator:
    """The validator for the result of a verb."""
    from jsonschema import Draft7Validator  # not at import: some helpers of tests run without the development packages

    schema: Any = json.loads((SCHEMAS / f"{verb}.schema.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)
