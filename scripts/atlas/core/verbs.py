"""The one table of verbs: what each is called, who may use it, how it is typed, and what it does in a line.

A verb is a row here, a module in `cli/` and a service. All else that depends on verbs reads this table (the command
line and its help, roles, guard, the hook of slash commands) or is made from it by `make generate`: the doors in
`scripts/`, the files in `commands/`, the tables of `docs/`. Hooks read it on every tool call: it imports nothing.
"""

from __future__ import annotations

PERSON, LEAD, WORKER, ATLAS = "person", "lead", "worker", "atlas"

ANYONE = (PERSON, LEAD, WORKER)
LEADERS = (PERSON, LEAD)
PEOPLE = (PERSON,)
"""What lifts the gates is for people, not for those whom the gates hold."""
TENDING = (PERSON, LEAD, ATLAS)
"""ATLAS does it unasked, too: for whoever may do it, and waits."""
INTERNAL = (ATLAS,)
"""Done by ATLAS itself: nobody with another role may call it by hand."""
UNASKED = None
"""It looks at no orchestration, so that no role is asked for."""


class Slash:
    """The slash command of a verb, which a person types; `commands/` has its file.

    `description` and `hint` are shown in the client's list. `calls` are the lines that a model runs when no hook could
    run the verb; left out, they are the verb and the hint. `note` goes on with the sentence before them.
    `shown`: the outcome is for the person's eyes only; of every other command the model gets it too, to act on it.
    `raw`: all that was typed is one argument. `always`: arguments that every call gets.
    """

    __slots__ = ("always", "calls", "description", "hint", "note", "raw", "shown")

    def __init__(
        self,
        description: str,
        hint: str = "",
        calls: tuple[str, ...] = (),
        note: str = "",
        shown: bool = False,
        raw: bool = False,
        always: tuple[str, ...] = (),
    ) -> None:
        self.description, self.hint, self.calls, self.note = description, hint, calls, note
        self.shown, self.raw, self.always = shown, raw, always


class Verb:
    """A row: one verb.

    `module` is its module in `cli/`: named like the verb, unless it says otherwise. `script` is its documented door.
    `roles` may use it. `reports`: it changes nothing, at most what counts as read. `seconds`: its time limit as a
    slash command, below the one of the hook in `hooks.json`, at which the client would drop the outcome without a word.
    `forms` are ways to use it that have a name and roles of their own; `decisive` is the option, or several with
    blanks between, with which a person who types it decides. `example` is one call of it.
    """

    __slots__ = (
        "decisive",
        "example",
        "forms",
        "module",
        "name",
        "reports",
        "roles",
        "script",
        "seconds",
        "slash",
        "summary",
    )

    def __init__(
        self,
        name: str,
        script: str,
        roles: tuple[str, ...] | None,
        summary: str,
        example: str,
        slash: Slash | None = None,
        reports: bool = False,
        seconds: int = 300,
        forms: tuple[tuple[str, tuple[str, ...]], ...] = (),
        decisive: str = "",
        module: str = "",
    ) -> None:
        self.name, self.script, self.roles, self.summary, self.example = name, script, roles, summary, example
        self.slash, self.reports, self.seconds, self.forms = slash, reports, seconds, forms
        self.decisive, self.module = decisive, module or name.replace("-", "_")

    def decides(self, arguments: list[str]) -> bool:
        """Whether the person decides it: then its slash command runs on nobody's behalf, at the project's root."""
        return self.roles == PEOPLE or any(
            word == option or word.startswith(f"{option}=") for word in arguments for option in self.decisive.split()
        )


_ROWS = (
    Verb("plan", "atlas_start_planning.py", LEADERS, "begin a plan for a goal",
         'atlas plan "Build a shop"',
         Slash("Begin planning: the goal of a new ATLAS orchestration, in the person's words",
               "GOAL in your own words", ("plan -- GOAL",), raw=True)),
    Verb("plan-status", "atlas_planning_status.py", ANYONE, "show the plan and what its approval lacks",
         "atlas plan-status",
         Slash("Show the ATLAS plan and what its approval still lacks", "[--json]", shown=True), reports=True),
    Verb("requirement", "atlas_modify_requirement.py", LEADERS, "add, modify or remove a module of the plan",
         'atlas requirement add --name "Auth core" --criteria "People can log in" --check "make test"',
         Slash("Add, modify or remove a module of the ATLAS plan",
               "add --name NAME [--criteria TEXT] [--check COMMAND] [--depends-on ID] | modify ID … | remove ID",
               ("requirement add --name NAME [--description TEXT] [--priority critical|high|medium|low]",
                "    [--criteria TEXT]… [--depends-on ID]… [--check COMMAND]…",
                "requirement modify ID [--add-criteria TEXT | …]", "requirement remove ID"))),
    Verb("approve", "atlas_approve_plan.py", LEADERS, "check the plan and close the plan phase",
         "atlas approve --dry-run",
         Slash("Check the ATLAS plan and close the plan phase", "[--dry-run | --no-checks]"),
         seconds=3600),  # the checks' time
    Verb("start", "atlas_start_orchestration.py", LEADERS, "begin executing the approved plan",
         "atlas start",
         Slash("Begin executing the approved ATLAS plan, with this session as the lead")),
    Verb("status", "atlas_orchestration_status.py", ANYONE, "show how the orchestration stands",
         "atlas status",
         Slash("Show the ATLAS orchestration: modules, agents, assignments, what is ready", "[--json]", shown=True),
         reports=True),
    Verb("register", "atlas_register_agent.py", LEADERS, "register an AI session or a person",
         "atlas register ai shop-worker --id implementer-1",
         Slash("Register an agent with ATLAS: an AI session or a person",
               "ai SESSION [--id ID] [--built-in] | human GITHUB-USER [--id ID]",
               ("register ai SESSION [--id ID] [--built-in]", "register human GITHUB-USER [--id ID]"))),
    Verb("assign", "atlas_assign_module.py", LEADERS, "give a module to an agent",
         "atlas assign auth-core implementer-1",
         Slash("Give an ATLAS module to a registered agent", "MODULE AGENT [--force]")),
    Verb("modify", "atlas_modify_module.py", LEADERS, "add, modify, remove or prioritize a module",
         "atlas modify prioritize auth-core --priority critical",
         Slash("Add, modify, remove or prioritize a module of the running ATLAS orchestration",
               "add --name NAME … | modify ID … | remove ID | prioritize ID --priority LEVEL",
               ("modify add --name NAME [--priority critical|high|medium|low] [--description TEXT] [--criteria TEXT]…",
                "    [--depends-on ID]… [--check COMMAND]…",
                "modify modify ID [--add-criteria TEXT | …]", "modify remove ID",
                "modify prioritize ID --priority LEVEL"))),
    Verb("reassign", "atlas_reassign_module.py", LEADERS, "take a module from one agent and give it to another",
         "atlas reassign auth-core --to implementer-2",
         Slash("Take an ATLAS module from its agent and give it to another",
               "MODULE --to AGENT [--force] [--wait SECONDS]")),
    Verb("check-agents", "atlas_check_remote_agents.py", TENDING, "ask every AI agent that is due how it stands",
         "atlas check-agents",
         Slash("Ask every AI agent of the ATLAS orchestration that is due how it stands", "[--all]")),
    Verb("poll", "atlas_poll_agent.py", LEADERS, "ask one AI agent how it stands, or note its answer",
         "atlas poll implementer-1",
         Slash("Ask one AI agent of the ATLAS orchestration how it stands, or note what it answered",
               "AGENT [--module ID] [--record-response TEXT | --history]")),
    Verb("update", "atlas_update_verification.py", LEADERS, "change the instructions of an agent at work, step by step",
         'atlas update send auth-core --type scope_change --text "Sessions too"',
         Slash("Change the instructions of an agent at work: notify and pause, receipt, feasibility, concerns, resume",
               "send MODULE --type TYPE --text TEXT [--minor] | pending | …",
               ("update send|record-receipt|record-feasibility|resolve-concerns|authorize-resume|history|pending …",))),
    Verb("handoff", "atlas_compile_handoff.py", LEADERS, "make and send the document that hands a module over",
         "atlas handoff auth-core implementer-2 --preview",
         Slash("Make and send the document that hands a module of the ATLAS orchestration over to an agent",
               "MODULE AGENT [--preview]")),
    Verb("notify", "atlas_notify_agent.py", LEADERS, "send a message to an AI agent",
         'atlas notify implementer-1 --subject "Keys" --message "They rotate daily"',
         Slash("Send a message to an AI agent of the ATLAS orchestration",
               "AGENT --subject TEXT --message TEXT [--priority normal|high|urgent]",
               ("notify AGENT --subject TEXT --message TEXT [--priority normal|high|urgent] [--type TYPE]",))),
    Verb("verify-instructions", "atlas_verify_instructions.py", LEADERS,
         "confirm that an agent has understood its task, and authorise it",
         "atlas verify-instructions record-repetition implementer-1 --correct",
         Slash("Confirm that an ATLAS agent has understood its task, and let it begin",
               "status [MODULE] | ask AGENT | record-repetition AGENT [--correct | --wrong TEXT] | authorize AGENT",
               ("verify-instructions status [MODULE]", "verify-instructions ask AGENT [--module MODULE]",
                "verify-instructions record-repetition AGENT [--module MODULE] [--correct | --wrong TEXT]",
                "verify-instructions record-questions AGENT [--module MODULE] --count N --answered N",
                "verify-instructions authorize AGENT [--module MODULE]"))),
    Verb("answer", "atlas_answer.py", LEADERS, "answer an agent's question about its module",
         'atlas answer auth-core q2 "By the hour"',
         Slash("Answer a question that an ATLAS agent asked about its module", 'MODULE [QUESTION] "TEXT"',
               ("answer MODULE [QUESTION] TEXT",))),
    Verb("repeat", "atlas_repeat_instructions.py", ANYONE, "repeat a task in your own words, as its agent",
         'atlas repeat auth-core --criteria c1 --file src/auth.py --out-of-scope "The board" --evidence "make test"'
         ' --text "I write the log-in"'),
    Verb("ask", "atlas_ask.py", ANYONE, "ask what is unclear about a module, as its agent",
         'atlas ask auth-core "How long do sessions last?"'),
    Verb("report", "atlas_report.py", ANYONE, "say how a module stands, as its agent",
         'atlas report auth-core blocked --text "No database"'),
    Verb("acknowledge", "atlas_acknowledge.py", ANYONE, "say what you make of a change of your instructions",
         "atlas acknowledge auth-core u1"),
    Verb("verify", "atlas_verify_module.py", LEADERS, "run a module's checks on a fresh clone of what would land",
         "atlas verify auth-core",
         Slash("Have ATLAS run a module's checks on a fresh clone of what would land", "MODULE [--fresh]",
               note=", with a timeout that leaves the checks their time"),
         seconds=3600,  # the checks' time
         forms=(("verify-override", PEOPLE),), decisive="--override"),
    Verb("complete", "atlas_complete_module.py", LEADERS, "prove a module and land it on the integration branch",
         "atlas complete auth-core",
         Slash("Have ATLAS prove a module on a fresh clone, and land it when all checks pass", "MODULE [--reason TEXT]",
               note=", with a timeout that leaves the checks their time"),
         seconds=3600,  # the checks' time
         forms=(("complete-override", PEOPLE), ("settle", INTERNAL)), decisive="--override"),
    Verb("review", "atlas_review_module.py", ANYONE, "review what another made of a module, on its checked commit",
         'atlas review auth-core --met c1="src/auth.py:12" --unmet c2="tests/test_auth.py::test_expiry fails"',
         Slash("Review an ATLAS module on the commit whose checks passed, criterion by criterion",
               'MODULE [--met ID=FILE:LINE] [--unmet ID="FILE:LINE TEXT"] [--text TEXT]', ("review MODULE",)),
         forms=(("record-review", (PERSON, WORKER)), ("review-in-person", PEOPLE)), decisive="--met --unmet --text"),
    Verb("inbox", "atlas_inbox.py", ANYONE, "read a mailbox",
         "atlas inbox implementer-1 --wait 600",
         Slash("Read an ATLAS mailbox", "AGENT [--wait SECONDS]", ("inbox AGENT [--wait SECONDS] --peek",), shown=True,
               always=("--peek",)),  # a person who looks in is not the agent
         reports=True, seconds=3600),
    Verb("listen", "atlas_listen.py", TENDING, "take in mail from AI Maestro as it arrives",
         "atlas listen --wait 600", forms=(("deliver", INTERNAL), ("receive", INTERNAL))),
    Verb("lead", "atlas_lead.py", LEADERS, "lead the orchestration from this session",
         "atlas lead",
         Slash("Make this session the lead of the ATLAS orchestration")),
    Verb("pause", "atlas_pause.py", PEOPLE, "lift the gates for a while, as the person",
         'atlas pause --for 30 "A rebase by hand"',
         Slash("Lift the gates of the ATLAS orchestration for a while; only the person may",
               "[--for MINUTES] REASON | --off", ("pause [--for MINUTES] REASON",), shown=True)),
    Verb("launch", "atlas_launch_agent.py", LEADERS, "start an AI agent's session in its workspace",
         "atlas launch implementer-1 --headless"),
    Verb("stop-agent", "atlas_stop_agent.py", LEADERS, "end the session that was launched for an agent",
         "atlas stop-agent implementer-1"),
    Verb("supervise", "atlas_supervise.py", INTERNAL, "keep an agent's session going (started by launch)",
         'atlas supervise auth-core --client claude --prompt "Begin"'),
    Verb("discover", "atlas_share_discovery.py", ANYONE, "share something that others should know",
         'atlas discover --severity important --affects auth-core "Tokens end after an hour"',
         Slash("Share a discovery with every agent of the ATLAS orchestration whose module it affects",
               '--severity critical|important|info --affects MODULE… "TEXT"',
               ("discover --severity critical|important|info --affects MODULE… TEXT [--impact TEXT] [--action TEXT]"
                " [--from AGENT]",)),
         module="share_discovery"),
    Verb("interrupt", "atlas_interrupt.py", LEADERS, "stop an AI agent before its next tool call with a word",
         'atlas interrupt implementer-1 "Leave the schema alone"',
         Slash("Stop an AI agent of the ATLAS orchestration before its next tool call, with a word of yours",
               "AGENT TEXT [--stop]", ("interrupt AGENT TEXT [--stop] [--request-id ID]",))),
    Verb("conflicts", "atlas_conflicts.py", ANYONE, "find what the live workspaces would conflict in",
         "atlas conflicts", reports=True),
    Verb("workspace", "atlas_create_workspace.py", LEADERS, "make workspaces that belong to nobody yet",
         "atlas workspace auth-core board", module="create_workspace"),
    Verb("remove-workspace", "atlas_remove_workspace.py", LEADERS, "remove a workspace without losing work",
         "atlas remove-workspace auth-core"),
    Verb("settings", "atlas_settings.py", ANYONE, "show or change what the project wants done its own way",
         'atlas settings workspace.setup "npm ci"', reports=True,
         forms=(("configure", LEADERS), ("configure-gates", PEOPLE), ("configure-workspaces", PEOPLE),
                ("configure-checks", PEOPLE))),
    Verb("history", "atlas_history.py", ANYONE, "show who did what when, and compare it with the tables",
         "atlas history --about auth-core",
         Slash("Show who did what when in the ATLAS orchestration", "[--limit NUMBER] [--verb VERB] [--about ID]",
               ("history [--limit NUMBER] [--verb VERB] [--about ID] [--json]",), shown=True),
         reports=True),
    Verb("doctor", "atlas_doctor.py", ANYONE, "check everything, and mend what can be mended",
         "atlas doctor --repair",
         Slash("Check ATLAS's state, history and environment, and mend what can be mended", "[--repair] [--live]"),
         reports=True, forms=(("repair", LEADERS),)),
    Verb("check-plan", "atlas_check_plan_phase.py", ANYONE, "exit code 0 when the plan phase is over",
         "atlas check-plan", reports=True),
    Verb("check", "atlas_check_orchestration_phase.py", ANYONE, "exit code 0 when the orchestration is over",
         "atlas check", reports=True),
    Verb("receipts", "atlas_receipts.py", UNASKED, "write and check what merge commits say of proofs, in any clone",
         "atlas receipts verify"),
    Verb("env", "atlas_env.py", UNASKED, "show or make ATLAS's own Python environment",
         "atlas env --wait"),
)  # fmt: skip

VERBS: dict[str, Verb] = {row.name: row for row in _ROWS}
FORMS = {name: roles for row in _ROWS for name, roles in row.forms}


def roles_of(name: str) -> tuple[str, ...] | None:
    """The roles that may use a verb, or a form of one; UNASKED for what is no verb, too."""
    return VERBS[name].roles if name in VERBS else FORMS.get(name, UNASKED)


def form_of_setting(key: str) -> str:
    """The form of `settings` that changes this one.

    What lifts a gate, runs in a workspace, or widens what checks may do or counts as proof is a person's.
    """
    if key.startswith("gate."):
        return "configure-gates"
    if key.startswith(("checks.", "review.")):
        return "configure-checks"
    return "configure-workspaces" if key in ("workspace.setup", "workspace.link", "workspace.copy") else "configure"


def persons_way(name: str) -> str:
    """How a person uses a verb, or a form of one, that is only theirs, to go on from `ask the person to`."""
    row = next(row for row in _ROWS if name in (row.name, *(form for form, _ in row.forms)))
    if row.slash is None:
        return "run it in a plain terminal"
    return f"type /atlas-{row.name}" + (f" with {row.decisive.split()[0]} TEXT" if row.decisive else "")
