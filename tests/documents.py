"""Reading the project's own texts, and saying what the code has in the words that the texts use."""

from __future__ import annotations

import argparse
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atlas.cli.main import parser_of_verb

from .support import ROOT

README = ROOT / "README.md"
COMMANDS, STATE, GATES, MESSAGES, ARCHITECTURE = (
    ROOT / f"docs/{name}.md" for name in ("commands", "state", "gates", "messages", "architecture")
)
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = [
    *PAGES,
    *(file for glob in ("agents/*.md", "commands/*.md", "skills/*/*.md") for file in sorted(ROOT.glob(glob))),
]
SOURCES = [file for folder in ("scripts", "hooks") for file in sorted((ROOT / folder).rglob("*.py"))]

Row = list[str]


# Markdown


@functools.cache
def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def headings(page: Path) -> list[str]:
    """The text of every heading, without marks of code."""
    without_code = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
    return [text.replace("`", "") for text in re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)]


def section(page: Path, heading: str) -> str:
    """What stands between a heading and the next one. Raises AssertionError when there is no such heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[Row]:
    """The cells of every table in the text, without heads and marks of code."""
    lines = text.splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if re.fullmatch(r"\|[-| ]+\|", line)}
    return [
        [cell.strip().replace("\\|", "|").replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for number, line in enumerate(lines)
        if line.startswith("|") and not heads & {number, number - 1}
    ]


def spans(text: str) -> list[str]:
    """Whatever is marked as code within the text, each as one line."""
    outside_of_blocks = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", outside_of_blocks)]


def code(text: str) -> list[str]:
    """Every line of code: spans, and the lines of indented and fenced blocks, continuation lines joined."""
    text = re.sub(r"\n +\[", " [", text)
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4,}(.+)$", text, re.MULTILINE)
    return [*spans(text), *indented, *(line for block in fenced for line in block.splitlines())]


# Parsers


def parsers(verb: str) -> dict[str, argparse.ArgumentParser]:
    """The parser of a verb and those of its actions, each by what is typed after `atlas`."""
    parser = parser_of_verb(verb)
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {verb: parser, **{f"{verb} {name}": sub for action in actions for name, sub in action.choices.items()}}


def arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What a parser takes, without what all of them take."""
    common = (argparse._HelpAction, argparse._SubParsersAction)
    return [a for a in parser._actions if not isinstance(a, common) and "--json" not in a.option_strings]


def form(action: argparse.Action) -> str:
    """How an argument is written, e.g. `module-id`, `[--force]`, `[--criteria TEXT]…`."""
    default = action.dest.upper() if action.option_strings else action.dest
    value = str(action.metavar or "|".join(action.choices or ()) or default)
    value = f"[{value}]" if action.nargs == "?" and action.option_strings else value
    text = " ".join([*action.option_strings[:1], *([] if action.nargs == 0 else [value])])
    repeated = isinstance(action, argparse._AppendAction) or action.nargs in ("+", "*")
    needed = action.required and action.nargs != "*"
    return (text if needed else f"[{text}]") + ("…" if repeated else "")


def exit_codes(parser: argparse.ArgumentParser) -> list[Row]:
    """The rows `exit N`, meaning, that the help of a verb's parser promises."""
    promised = " ".join((parser.epilog or "").split()).partition("Exit codes: ")[2].removesuffix(".")
    return [[f"exit {each[0]}", each[2:]] for each in re.split(r"; (?=\d )", promised)] if promised else []


def options(verb: str) -> set[str]:
    """All options of a verb, whichever of its actions they belong to."""
    return {option for parser in parsers(verb).values() for a in parser._actions for option in a.option_strings}


# Schemas


def fields(schema: dict[str, Any], prefix: str = "") -> Iterator[Row]:
    """The rows path, value of a schema's fields, in its order; `[]` stands for the members of a list."""
    for name, each in schema["properties"].items():
        yield [prefix + name, described(each)]
        inner, path = each, prefix + name
        if "anyOf" in inner:
            inner = inner["anyOf"][0]
        if inner.get("type") == "array":
            inner, path = inner["items"], path + "[]"
        if "properties" in inner:
            yield from fields(inner, path + ".")


def described(schema: dict[str, Any]) -> str:
    """The values that a schema allows, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(map(described, schema["anyOf"]))
    kind, *null = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "enum" in schema:
        text = ", ".join(map(str, schema["enum"]))
    elif "pattern" in schema:
        text = schema["pattern"]
    elif kind == "string":
        text = "text" + (f" ≤ {schema['maxLength']}" if "maxLength" in schema else "")
        text += "" if schema.get("minLength") else ", may be empty"
    elif kind == "array":
        text = f"list of {described(schema['items'])}"
    elif kind == "object" and "properties" not in schema:
        text = f"map to {described(schema['additionalProperties'])}"
    else:
        text = kind + (f" ≥ {schema['minimum']}" if "minimum" in schema else "")
    return " or ".join([text, *null])


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of record."""
    found: dict[str, Any] = json.loads(read(ROOT / f"schemas/{kind}.schema.json"))
    return found
