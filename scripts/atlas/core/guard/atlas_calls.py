"""Calls of ATLAS itself in a shell command."""

from __future__ import annotations

from atlas.core.verbs import VERBS, form_of_setting

from .programs import Options, Program

RECORDING = "record-review"
"""The form of `review` that records one; of a session that leads, only a reviewer that it started may do that."""
SESSION = "CLAUDE_CODE_SESSION_ID"
"""The variable that tells ATLAS which session calls."""
SCRIPTS = {verb.script: verb.name for verb in VERBS.values()}
"""The verb of every documented script."""
_BETWEEN = {code: None for code in range(128) if not chr(code).isalnum() and chr(code) != "_"}
"""What a shell or a program may put between the pieces of a name: quotes, backslashes, breaks, a plus."""


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
        return form_of_setting(Options(words).operands[0])
    row = VERBS.get(verb or "")
    return row.forms[0][0] if row is not None and row.decisive and row.decides(words) else verb


def _verb_of_script(name: str) -> str | None:
    if name.startswith("atlas_") and name.endswith(".py"):
        return SCRIPTS.get(name, name[len("atlas_") : -len(".py")].replace("_", "-"))
    return None


def names_session(text: str) -> bool:
    """Whether a text names the variable, in pieces too, as in `CLAUDE_CODE_"SESSION_ID"`."""
    return SESSION in text.translate(_BETWEEN)


def hides_caller(program: Program) -> bool:
    """Whether it names the variable that tells ATLAS which session calls, or would call ATLAS without it."""
    if any(SESSION in word for word in (program.name, *program.words, *program.assigned, *program.inputs)):
        return True
    return "*" in program.assigned and called_verb(program) is not None


def runs_hook(program: Program) -> bool:
    """Whether it plays the client: gives the hook that runs slash commands a command that no person typed."""
    return program.name == "run.sh" and program.words[-1:] == ["command"]
