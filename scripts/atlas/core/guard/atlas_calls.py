"""Calls of ATLAS itself in a shell command."""

from __future__ import annotations

from .programs import Options, Program

SESSION = "CLAUDE_CODE_SESSION_ID"
"""The variable that tells ATLAS which session calls."""
SCRIPTS = {
    "atlas_start_planning.py": "plan",
    "atlas_planning_status.py": "plan-status",
    "atlas_modify_requirement.py": "requirement",
    "atlas_approve_plan.py": "approve",
    "atlas_start_orchestration.py": "start",
    "atlas_orchestration_status.py": "status",
    "atlas_register_agent.py": "register",
    "atlas_assign_module.py": "assign",
    "atlas_modify_module.py": "modify",
    "atlas_reassign_module.py": "reassign",
    "atlas_check_remote_agents.py": "check-agents",
    "atlas_notify_agent.py": "notify",
    "atlas_complete_module.py": "complete",
    "atlas_launch_agent.py": "launch",
    "atlas_share_discovery.py": "discover",
    "atlas_create_workspace.py": "workspace",
    "atlas_check_plan_phase.py": "check-plan",
    "atlas_check_orchestration_phase.py": "check",
    "atlas_poll_agent.py": "poll",
    "atlas_update_verification.py": "update",
    "atlas_compile_handoff.py": "handoff",
}
"""The verbs of scripts that are not named after them."""


def verb_of(program: Program) -> str | None:
    """The verb that a program is a call of, as the table of roles names it; None when it is none or asks for help."""
    words = program.words
    if "--help" in words or "-h" in words:
        return None
    if program.name in ("atlas", "atlas_cli.py", "orchestration.py"):
        operands = Options(words).operands
        verb = operands[0] if operands else None
        words = words[words.index(verb) + 1 :] if verb else []
    else:
        verb = _of_script(program.name)
    if verb == "doctor" and "--repair" in words:
        return "repair"
    if verb == "settings" and Options(words).operands:
        return "configure-gates" if Options(words).operands[0].startswith("gate.") else "configure"
    return verb


def _of_script(name: str) -> str | None:
    if name.startswith("atlas_") and name.endswith(".py"):
        return SCRIPTS.get(name, name[len("atlas_") : -len(".py")].replace("_", "-"))
    return None


def hides_the_caller(program: Program) -> bool:
    """Whether it would take away or change what tells ATLAS which session calls."""
    if program.name in ("export", "unset", "declare", "typeset", "readonly", ""):
        return SESSION in program.assigned or any(word.partition("=")[0] == SESSION for word in program.words)
    calls = verb_of(program) is not None
    return SESSION in program.assigned or (calls and "*" in program.assigned)
