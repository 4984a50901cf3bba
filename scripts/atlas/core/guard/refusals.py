"""The words in which a rule refuses, and the way out."""

from __future__ import annotations

_LONGEST = 1000
"""Characters of a path, or a list of them, that is quoted."""
_WHY = {
    "state": """{path} is ATLAS's own, or holds what is. Change the state with the verbs of ATLAS (`atlas --help`
        lists them), and leave what ATLAS put into a workspace as it is.""",
    "unbound": """you have not been in your workspace yet, so you may not write {path}. Go there first: read
        `.claude/WORKER_CONTEXT.json` in the workspace that your task names, by its full path.""",
    "outside": """{path} is outside your workspace ({yours}). Work there only; if something elsewhere has to change,
        tell the lead with `atlas report MODULE blocked --text TEXT`.""",
    "understanding": """your understanding of {module} is not confirmed yet, so {path} must stay as it is. Say in your
        own words what you will do, with `atlas repeat {module}`, and wait for the lead's word; reading is free.""",
    "owned": """{path} is in the workspace of {agent}, who works on {module}. Tell the agent what you want, with
        `atlas notify` or `atlas interrupt`.""",
    "plan-first": """the plan is not approved yet, so {path} should stay as it is. `atlas plan-status` shows what the
        plan lacks; then come `atlas approve` and `atlas start`.""",
    "delegate": """you lead, so {path} is for the agent whose module it is. Tell that agent, or add a module with
        `atlas modify add` and assign it. Documentation is yours to write.""",
    "unassigned": """the prompt names {what}, which is not a live one. Assign the module with `atlas assign`, then
        start the subagent with exactly the prompt of `atlas launch AGENT --print`.""",
    "unverified": """{agent} may not edit {module} yet: its understanding is not confirmed. Start it with exactly the
        prompt that `atlas launch {agent} --print` makes now, which only asks it to repeat the task.""",
    "caller": """ATLAS tells by the variable CLAUDE_CODE_SESSION_ID which session calls, so no command may name it, not
        even to read it. Leave it out, keep the environment as it is, and call ATLAS as who you are. What only the
        person decides, ask the person to do.""",
    "hook": """that is a hook, which only the client runs. Call the verb itself, e.g. `atlas status`; what only the
        person decides, ask the person to do.""",
    "place": """ATLAS tells by the folder who calls. Call it from your own workspace ({yours}).""",
    "verbs": """`atlas {verb}` is for {whose} to use, not for a {role}: {instead}.""",
    "review": """who leads does not review. Start a subagent of the type `atlas:reviewer` with the prompt "Review
        MODULE: begin with `atlas review MODULE`"; it records what it finds.""",
    "review-place": """ATLAS tells by the folder who calls, and a workspace is its agent's. Record your review from the
        project's folder ({root}).""",
    "worktree": """git {name} in {place} would touch another worktree than yours. Work in your own workspace; what
        only looks at others, such as `git log`, `git diff` and `git show`, is free.""",
    "git": """that is {what}. Commit on the branch that is checked out in your workspace and report it done: ATLAS
        brings it into the integration branch. For files, use `git restore FILE` or `git checkout -- FILE`.""",
}
WAY_OUT = """If this is wrong, the person may lift it by typing `/atlas-pause "reason"`; nobody else can, so ask, and
    do not work around it."""


def explain_refusal(case: str, **values: str) -> str:
    """Why something is refused, and what to do instead, in words for a model."""
    return _WHY[case].format(**{name: value[:_LONGEST] for name, value in values.items()})


def refusal_line(rule: str, reason: str) -> str:
    """What a model, or the person who is asked, is told on one line: the rule, the reason, and the way out."""
    from .targets import ANY, DEEP, UNKNOWN

    shown = {UNKNOWN: "$", ANY: "*", DEEP: "**"}
    line = " ".join(f"ATLAS, rule `{rule}`: {reason} {WAY_OUT}".split())
    return "".join(shown.get(c, c if c.isprintable() else "?") for c in line)
