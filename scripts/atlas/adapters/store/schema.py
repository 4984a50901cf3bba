"""JSON Schema (draft 7 and `$defs`) checks of records, one schema a kind, in the plugin's folder `schemas/`."""

from __future__ import annotations

import functools
import json
import os
from typing import TYPE_CHECKING, Any

from atlas.adapters.system.packages import activate_packages
from atlas.core.errors import AtlasError

from .schema_match import matches

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SCHEMAS = os.path.join(os.path.dirname(os.path.realpath(__file__)), *[os.pardir] * 4, "schemas")


def require_library() -> None:
    """See that the library can be imported when it is needed. Raises AtlasError when ATLAS's Python environment is
    not ready."""
    activate_packages()


@functools.cache
def _schema(kind: str) -> dict[str, Any]:
    with open(os.path.join(SCHEMAS, f"{kind}.schema.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


@functools.cache
def load_validator(kind: str) -> Validator:
    """The validator of a kind of record, or of `plan`, the plan's front matter."""
    activate_packages()
    from jsonschema import Draft7Validator

    return Draft7Validator(_schema(kind))


class Fault:
    """Where and how a value breaks its schema."""

    __slots__ = ("path", "reason")

    def __init__(self, path: list[str | int], reason: str) -> None:
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.path)
        return f"{where}: {self.reason}" if where else self.reason


def schema_faults(kind: str, value: Any) -> list[Fault]:
    """Everything about `value` that its schema forbids, in the order of the value."""
    activate_packages()
    return [] if matches(_schema(kind), value) else library_faults(kind, value)


def library_faults(kind: str, value: Any) -> list[Fault]:
    """The same, of the library alone, which is slower: who mends tables relies on nothing else."""
    found = sorted(
        load_validator(kind).iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path]
    )
    return [Fault(list(error.absolute_path), _shorten_error(error)) for error in found]


def _shorten_error(error: Any) -> str:
    if error.validator == "pattern":
        return f"{_clip_value(error.instance)} has a form that is not allowed"
    if error.validator == "maxLength":
        return f"longer than {error.validator_value} characters"
    if error.validator in ("minLength", "minItems"):
        return "empty"
    if error.validator == "enum":
        return f"{_clip_value(error.instance)} is none of {', '.join(map(str, error.validator_value))}"
    if error.validator == "type":
        return f"{_clip_value(error.instance)} is not of type {error.validator_value}"
    return str(error.message)[:200]


def _clip_value(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_changes(changes: dict[str, dict[str, str | None]]) -> None:
    """Validate the new text of every changed record. Raises AtlasError that names the record and its first fault."""
    for kind, changed in changes.items():
        for key, text in changed.items():
            if text is None:
                continue
            for fault in schema_faults(kind, json.loads(text)):
                raise AtlasError(f"{kind} {key}: {fault}")
