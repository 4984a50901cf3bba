"""Whether a value surely keeps to a schema, told without the library, whose import takes longer than most commands.

A yes is certain. A no means "ask the library": it knows every keyword, and words what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]
Check = Callable[[Any, Any, Schema], bool]
"""Says of what a keyword has, a value, and the schema's `$defs` whether the value surely keeps to it."""

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def matches(schema: Schema, value: Any) -> bool:
    """Whether `value` surely keeps to the whole `schema`."""
    return _keeps_to(schema, value, schema.get("$defs", {}))


def _keeps_to(part: Any, value: Any, named: Schema) -> bool:
    return isinstance(part, dict) and all(_keeps_keyword(keyword, part, value, named) for keyword in part)


def _keeps_keyword(keyword: str, part: Schema, value: Any, named: Schema) -> bool:
    if keyword == "additionalProperties":
        return _extras_keep(part, value, named)
    check = CHECKS.get(keyword)
    return check is not None and check(part[keyword], value, named)


def _is_of_type(names: Any, value: Any, _: Schema) -> bool:
    return any(type(value) in TYPES.get(name, ()) for name in ([names] if isinstance(names, str) else names))


def _is_referred(reference: str, value: Any, named: Schema) -> bool:
    return _keeps_to(named.get(reference.removeprefix("#/$defs/")), value, named)


def _is_listed(listed: list[Any], value: Any, _: Schema) -> bool:
    return any(type(each) is type(value) and each == value for each in listed)


def _properties_keep(properties: Schema, value: Any, named: Schema) -> bool:
    return not isinstance(value, dict) or all(
        _keeps_to(properties[name], inner, named) for name, inner in value.items() if name in properties
    )


def _extras_keep(part: Schema, value: Any, named: Schema) -> bool:
    if not isinstance(value, dict):
        return True
    extras = [inner for name, inner in value.items() if name not in part.get("properties", {})]
    return all(_keeps_to(part["additionalProperties"], inner, named) for inner in extras)


def _is_unique(wanted: bool, value: Any, _: Schema) -> bool:
    if not wanted or not isinstance(value, list):
        return True
    return all(isinstance(each, str) for each in value) and len(set(value)) == len(value)


CHECKS: dict[str, Check] = {
    **dict.fromkeys(("$schema", "title", "description", "$defs"), lambda _, value, named: True),
    "type": _is_of_type,
    "$ref": _is_referred,
    "enum": _is_listed,
    "anyOf": lambda parts, value, named: any(_keeps_to(part, value, named) for part in parts),
    "properties": _properties_keep,
    "propertyNames": lambda part, value, named: (
        not isinstance(value, dict) or all(_keeps_to(part, name, named) for name in value)
    ),
    "required": lambda names, value, _: not isinstance(value, dict) or all(name in value for name in names),
    "items": lambda part, value, named: (
        not isinstance(value, list) or all(_keeps_to(part, each, named) for each in value)
    ),
    "uniqueItems": _is_unique,
    "minLength": lambda least, value, _: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most, value, _: not isinstance(value, str) or len(value) <= most,
    "pattern": lambda pattern, value, _: not isinstance(value, str) or re.search(pattern, value) is not None,
    "minimum": lambda least, value, _: not isinstance(value, (int, float)) or value >= least,
    "maximum": lambda most, value, _: not isinstance(value, (int, float)) or value <= most,
}
