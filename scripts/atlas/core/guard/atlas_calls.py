"""Calls of ATLAS itself in a shell command."""

from __future__ import annotations

from atlas.core.verbs import VERBS

from .programs import Options, Program

SESSION = "CLAUDE_CODE_SESSION_ID"
"""The variable that tells ATLAS which session calls."""
SCRIPTS = {verb.script: verb.name for verb in VERBS.values()}
"""The verb of every documented script."""


def called_verb(program: Program) -> str | None:
    """The verb that a program is a call of, as the table of roles names it; None when it is none or asks for help."""
    words = program.words
    if "--help" in words or "-h" in words:
        return None
    if program.name in ("atlas", "atlas_cli.py", "orchestration.py"):
        operands = Options(words).operands
        verb = operands[0] if operands else None
        words = words[words.index(verb) + 1 :] if verb else []
    else:
        verb = _verb_of_script(program.name)
    if verb == "doctor" and "--repair" in words:
        return "repair"
    if verb == "settings" and Options(words).operands:
        return "configure-gates" if Options(words).operands[0].startswith("gate.") else "configure"
    return verb


def _verb_of_script(name: str) -> str | None:
    if name.startswith("atlas_") and name.endswith(".py"):
        return SCRIPTS.get(name, name[len("atlas_") : -len(".py")].replace("_", "-"))
    return None


def hides_caller(program: Program) -> bool:
    """Whether it would take away or change what tells ATLAS which session calls."""
    if program.name in ("export", "unset", "declare", "typeset", "readonly", ""):
        return SESSION in program.assigned or any(word.partition("=")[0] == SESSION for word in program.words)
    calls = called_verb(program) is not None
    return SESSION in program.assigned or (calls and "*" in program.assigned)
