"""The verbs: for each its module here, its documented script, and what it does in a line."""

from __future__ import annotations

VERBS: dict[str, tuple[str, str, str]] = {
    "plan": ("plan", "atlas_start_planning.py", "begin a plan for a goal"),
    "plan-status": ("plan_status", "atlas_planning_status.py", "show the plan and what its approval lacks"),
    "requirement": ("requirement", "atlas_modify_requirement.py", "add, modify or remove a module of the plan"),
    "approve": ("approve", "atlas_approve_plan.py", "check the plan and close the plan phase"),
    "start": ("start", "atlas_start_orchestration.py", "begin executing the approved plan"),
    "status": ("status", "atlas_orchestration_status.py", "show how the orchestration stands"),
    "register": ("register", "atlas_register_agent.py", "register an AI session or a person"),
    "assign": ("assign", "atlas_assign_module.py", "give a module to an agent"),
    "modify": ("modify", "atlas_modify_module.py", "add, modify, remove or prioritize a module"),
    "reassign": ("reassign", "atlas_reassign_module.py", "take a module from one agent and give it to another"),
    "check-agents": ("check_agents", "atlas_check_remote_agents.py", "ask every AI agent at work how it stands"),
    "notify": ("notify", "atlas_notify_agent.py", "send a message to an AI agent"),
    "report": ("report", "atlas_report.py", "say how a module stands, as its agent"),
    "complete": ("complete", "atlas_complete_module.py", "run a module's checks and complete it"),
    "inbox": ("inbox", "atlas_inbox.py", "read a mailbox"),
    "lead": ("lead", "atlas_lead.py", "lead the orchestration from this session"),
    "history": ("history", "atlas_history.py", "show who did what when, and compare it with the tables"),
    "doctor": ("doctor", "atlas_doctor.py", "check everything, and mend what can be mended"),
    "check-plan": ("check_plan", "atlas_check_plan_phase.py", "exit code 0 when the plan phase is over"),
    "check": ("check", "atlas_check_orchestration_phase.py", "exit code 0 when the orchestration is over"),
    "env": ("env", "atlas_env.py", "show or make ATLAS's own Python environment"),
}
