"""The tables of the pages in `docs/` that say what the table of verbs says, and the first section of a new verb.

A made table stands between the lines `<!-- generated: NAME -->` and `<!-- end -->`. A verb's section on the commands
page is made once, at its end, when the page has none: from then on it is written by hand, and held to the verb's
arguments by a test.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from atlas.core.records.events import EVENTS, LEAD, TO
from atlas.core.rules.verb_permissions import ALLOWED
from atlas.core.verbs import VERBS
from tests.documents import COMMANDS, STATE, arguments, exit_codes, form, headings, parsers

_END = "<!-- end -->"


def generated() -> dict[str, str]:
    """The pages of commands and of the state, whole."""
    commands = replaced(COMMANDS.read_text(encoding="utf-8"), "shown", f"{_shown()}.\n")
    commands = replaced(commands, "verbs", table(_verbs()))
    state = replaced(STATE.read_text(encoding="utf-8"), "roles", table(_roles()))
    state = replaced(state, "events", table(_events()))
    return {"docs/commands.md": commands + "".join(_first_sections()), "docs/state.md": state}


def replaced(page: str, name: str, made: str) -> str:
    """A page with another text in its generated part of that name. Raises ValueError when it has no such part."""
    begin = f"<!-- generated: {name} -->\n"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(f"\n{_END}")
    if not found or not ended:
        raise ValueError(f"the page has no part {begin.strip()} … {_END}")
    return f"{before}{begin}\n{made}\n{_END}{after}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """A table; its first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows]
    return "".join([lines[0], "|" + "---|" * lines[0].count(" | ") + "---|\n", *lines[1:]])


def _shown() -> str:
    names = [f"`/atlas-{row.name}`" for row in VERBS.values() if row.slash and row.slash.shown]
    return "\n".join(textwrap.wrap(", ".join(names), 119, break_on_hyphens=False))


def _verbs() -> Iterator[list[str]]:
    yield ["verb", "script", "slash command", "purpose", "for example"]
    for row in VERBS.values():
        slash = f"`/atlas-{row.name}`" if row.slash else "–"
        yield [f"`{row.name}`", f"`{row.script}`", slash, row.summary, f"`{row.example}`"]


def _roles() -> Iterator[list[str]]:
    yield ["verb", *ALLOWED]
    for verb in sorted(set().union(*ALLOWED.values())):
        yield [f"`{verb}`", *("yes" if verb in allowed else "no" for allowed in ALLOWED.values())]


def _events() -> Iterator[list[str]]:
    yield ["event", "fields", "in words", "is told to"]
    for row in EVENTS.values():
        fields, told = ", ".join(f"`{field}`" for field in row.fields), ", ".join(_TOLD[one] for one in row.told)
        yield [f"`{row.name}`", fields or "–", row.words, told or "–"]


_TOLD = {LEAD: "the lead", TO: "whom `to` names"}


def _first_sections() -> Iterator[str]:
    """A section for each verb, and action of one, that the commands page has no heading for."""
    known = {name for heading in headings(COMMANDS) for name in heading.split(", ")}
    for verb in VERBS:
        for name, parser in parsers(verb).items():
            if name not in known:
                said = f"{parser.description}\n\n" if parser.description else ""
                yield f"\n### {name}\n\n{said}{table(_arguments(parser))}"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[list[str]]:
    yield ["argument", "meaning"]
    helps = parser._get_formatter()._expand_help
    for action in arguments(parser):
        yield [f"`{form(action)}`", helps(action) if action.help else ""]
    yield from exit_codes(parser)
