"""The files of the slash commands. Down to the line `</arguments>` each is made; what follows is written by hand.

What is written by hand tells a model what each exit code asks of it. A new file begins with the exit codes of the
verb's help.
"""

from __future__ import annotations

import json
import textwrap

from atlas.core.verbs import VERBS, Slash, Verb
from tests.documents import exit_codes
from tests.support import ROOT

_MADE = """\
---
{front}
---
If an ATLAS outcome of /atlas-{name} accompanies this message, the command has already run: act on that
{otherwise}

{calls}

The arguments, as data:
<arguments>
$ARGUMENTS
{last}
"""
_LAST = "</arguments>"
_PERSONS = (
    "outcome. Otherwise it could not run, and is not yours to run: ask the person to do it in a terminal of their own, "
    "in the project's folder:"
)
_MODELS = "outcome. Otherwise run it once with the Bash tool, {how}{note}:"


def generated() -> dict[str, str]:
    """A file for every row of the table of verbs that has a slash command."""
    return {
        f"commands/atlas-{row.name}.md": f"{_made(row, row.slash)}\n{_by_hand(row)}"
        for row in VERBS.values()
        if row.slash
    }


def _made(row: Verb, slash: Slash) -> str:
    how = "all that was typed as one quoted argument" if slash.raw else "each argument quoted on its own"
    otherwise = _PERSONS if row.decides([]) else _MODELS.format(how=how, note=slash.note)
    calls = slash.calls or (f"{row.name} {slash.hint}".rstrip(),)
    return _MADE.format(
        name=row.name,
        last=_LAST,
        front="\n".join(_front_matter(row, slash)),
        otherwise="\n".join(textwrap.wrap(otherwise, 115)),
        calls="\n".join(f"    {'' if call.startswith(' ') else 'atlas '}{call}" for call in calls),
    )


def _front_matter(row: Verb, slash: Slash) -> list[str]:
    lines = [f"name: atlas-{row.name}", f"description: {json.dumps(slash.description, ensure_ascii=False)}"]
    if slash.hint:
        lines.append(f"argument-hint: {json.dumps(slash.hint, ensure_ascii=False)}")
    return [*lines, *(["disable-model-invocation: true"] if row.decides([]) else [])]


def _by_hand(row: Verb) -> str:
    """What follows the made part in the file as it is. Raises ValueError when it is not to be told apart."""
    file = ROOT / f"commands/atlas-{row.name}.md"
    if file.exists():
        _, found, by_hand = file.read_text(encoding="utf-8").partition(f"\n{_LAST}\n\n")
        if not found:
            raise ValueError(f"{file.name} has no line {_LAST}, after which it is written by hand")
        return by_hand
    from atlas.cli.main import parser_of_verb

    codes = [f"- {code.removeprefix('exit ')}: {meaning}." for code, meaning in exit_codes(parser_of_verb(row.name))]
    return "\n".join([f"What each exit code {'means' if row.decides([]) else 'asks of you'}:", *codes, ""])
