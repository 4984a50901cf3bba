"""The one table of events: what a change of the records is called, what is told of it, and to whom.

A transaction emits them, and its line of the history keeps them. Digest, wake-ups and `history` read events and need
not guess from the records what was done. Hooks read it: it imports only what is cheap.
"""

from __future__ import annotations

from atlas.core.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Emitted: TypeAlias = dict[str, Any]
    """An event as the history keeps it: its name as `event`, and its fields."""

LEAD, TO = "lead", "to"
"""Who is told: the lead, or the mailboxes in the field `to`; an agent hears of the rest by a message to it."""
LONGEST_FIELD = 200
"""Characters of a field that an event keeps, on one line: the whole text is in the records."""
_PLAIN = (int, bool, type(None))


class Event:
    """A row: one event.

    `fields` are what it must be emitted with. `words` say in `history` what was done, with fields in braces; what
    somebody wrote is the field `text`, which is shown after them. `told` is who hears of it while waiting.
    """

    __slots__ = ("fields", "name", "told", "words")

    def __init__(self, name: str, fields: str, words: str, *told: str) -> None:
        self.name, self.fields, self.words, self.told = name, tuple(fields.split()), words, told


_ROWS = (
    # The plan and its execution.
    Event("StateMigrated", "before now", "state brought forward from version {before} to {now}"),
    Event("PlanBegun", "plan text", "plan {plan} begun"),
    Event("RequirementChanged", "module action text", "plan: {action} {module}"),
    Event("PlanApproved", "plan modules", "plan {plan} approved with {modules} modules"),
    Event("OrchestrationStarted", "plan modules", "orchestration {plan} started with {modules} modules"),
    Event("OrchestrationCompleted", "plan", "orchestration {plan} complete"),
    Event("LeadTaken", "session", "lead taken by session {session}"),
    Event("SettingChanged", "setting text", "setting {setting} changed"),
    Event("GatesPaused", "until text", "gates paused until {until}"),
    Event("GatesRestored", "", "gates restored"),
    # Who does what.
    Event("AgentRegistered", "agent type", "{agent} registered ({type})"),
    Event("ModuleAdded", "module", "{module} added"),
    Event("ModuleModified", "module text", "{module} modified"),
    Event("ModuleRemoved", "module", "{module} removed"),
    Event("ModuleAssigned", "module agent", "{module} assigned to {agent}"),
    Event("ModuleReassigned", "module agent before", "{module} reassigned from {before} to {agent}"),
    Event("ModuleReleased", "module agent", "{module} released by {agent}"),
    Event("ModuleReported", "module agent report text", "{agent} reported {module}: {report}", LEAD),
    Event("HandoverBegun", "module agent to", "handover of {module} from {agent} to {to} begun"),
    Event("HandoverSaved", "module agent commit", "work of {agent} on {module} saved in {commit}"),
    Event("HandoverCancelled", "module agent", "handover cancelled: {agent} keeps {module}"),
    Event("HandoffSent", "module to", "handoff document of {module} sent to {to}"),
    # What an agent is to do, and whether it understood.
    Event("RepetitionRecorded", "module agent findings text", "{agent} repeated {module}", LEAD),
    Event("RepetitionConfirmed", "module agent", "repetition of {agent} on {module} confirmed"),
    Event("RepetitionCorrected", "module agent text", "repetition of {agent} on {module} corrected"),
    Event("RepetitionRequested", "module agent", "{agent} is to repeat {module} anew"),
    Event("QuestionAsked", "module agent question text", "{agent} asked about {module} ({question})", LEAD),
    Event("QuestionAnswered", "module agent question text", "answered {question} of {agent} on {module}"),
    Event("AgentAuthorized", "module agent", "{agent} authorised on {module}"),
    Event("QuestionsCounted", "module agent asked answered", "questions of {agent} on {module}: {answered} of {asked}"),
    Event("UpdateSent", "module agent update type text", "update {update} ({type}) of {module} sent to {agent}"),
    Event("UpdateReceived", "module agent update status", "{agent} received update {update} of {module}", LEAD),
    Event("UpdateAssessed", "module agent update status", "{agent} on update {update} of {module}: {status}", LEAD),
    Event("ConcernsResolved", "module agent update text", "concerns of {agent} about update {update} resolved"),
    Event("WorkResumed", "module agent update", "{agent} may resume {module} after update {update}"),
    # How an agent stands.
    Event("PollSent", "module agent number", "poll {number} about {module} sent to {agent}"),
    Event("PollAnswered", "module agent number text", "{agent} answered poll {number} about {module}"),
    Event("AgentEscalated", "module agent", "{agent} is silent about {module}: escalated"),
    # What is written.
    Event("DiscoveryShared", "discovery sender severity affects to text", "{sender} shared {discovery}", LEAD, TO),
    Event("InterruptSent", "discovery sender to text", "{sender} interrupts {to} ({discovery})", TO),
    Event("DiscoveryDelivered", "discovery agent", "{discovery} delivered to {agent}"),
    Event("InterruptDelivered", "discovery agent", "interrupt {discovery} delivered to {agent}"),
    Event("MessageWritten", "message sender to", "{message} to {to} written"),
    Event("MessageSent", "message sender to text", "{message} from {sender} sent to {to}", TO),
    Event("MessageTried", "message to attempts", "{message} to {to} tried ({attempts})"),
    Event("MessageFailed", "message to attempts text", "{message} to {to} failed", LEAD),
    Event("MessageReceived", "message sender to text", "{message} from {sender} received", TO),
    Event("MessageRead", "message to", "{message} read by {to} where it went"),
    Event("MessageSeen", "message to", "{message} seen by {to}"),
    # Where it is done.
    Event("WorkspaceReserved", "workspace", "workspace {workspace} begun"),
    Event("WorkspaceMade", "workspace", "workspace {workspace} made"),
    Event("WorkspaceFailed", "workspace text", "workspace {workspace} not made"),
    Event("WorkspaceRemoved", "workspace", "workspace {workspace} removed"),
    Event("WorkspaceMended", "workspace text", "record of workspace {workspace} mended"),
    Event("AgentLaunched", "agent workspace", "{agent} launched in {workspace}"),
    Event("AgentStopped", "agent workspace", "session of {agent} in {workspace} stopped"),
    Event("SessionFollowed", "agent workspace session", "{agent} works in {workspace} in session {session}"),
    Event("SubagentBound", "subagent workspace", "subagent {subagent} works in {workspace}"),
    Event("HistoryBegunAnew", "", "history begun anew with all that could be saved"),
    # Proof that it is done.
    Event("ChecksPassed", "module commit", "checks of {module} passed on {commit}"),
    Event("ChecksFailed", "module commit", "checks of {module} failed on {commit}"),
    Event("ReviewCalled", "module subagent", "reviewer {subagent} called to review {module}"),
    Event("ModuleReviewed", "module by commit met unmet", "{by} reviewed {module} at {commit}: {met} met, {unmet} not",
          LEAD),
    Event("ReviewsAwaited", "module given rounds", "{module} waits for reviews: {given} of {rounds}"),
    Event("MergeBegun", "module", "merge of {module} begun"),
    Event("MergeStopped", "module", "merge of {module} stopped"),
    Event("MergeConflicted", "module files", "merge of {module} conflicts in {files}"),
    Event("IntegrationBegun", "commit", "integration branch begun at {commit}"),
    Event("WorkMerged", "module commit", "{module} merged as {commit}"),
    Event("ModuleCompleted", "module agent", "{module} complete"),
    Event("ConflictFound", "between", "conflict between {between}"),
    Event("ConflictGone", "between", "no conflict any more between {between}"),
    # Sessions of the client, of which hooks tell.
    Event("SessionBegan", "session agent", "session {session} of {agent} began"),
    Event("SessionEnded", "session agent", "session {session} of {agent} ended"),
    Event("SessionStopped", "session agent text", "session {session} of {agent} stopped incomplete"),
    Event("GateDecided", "session rule", "gate {rule} decided about a call of session {session}"),
    Event("SessionContinued", "session before", "session {before} goes on as {session}"),
)  # fmt: skip

EVENTS: dict[str, Event] = {row.name: row for row in _ROWS}


def event_of(name: str, fields: dict[str, Any]) -> Emitted:
    """The event as the history keeps it. Raises ValueError for an unknown one, and for fields other than its own."""
    row = EVENTS.get(name)
    if row is None:
        raise ValueError(f"there is no event {name!r} in the table of events")
    if set(fields) != set(row.fields):
        raise ValueError(f"{name} has the fields {', '.join(row.fields)}, and was given {', '.join(fields)}")
    return {"event": name, **{key: _bounded(fields[key]) for key in row.fields}}


def _bounded(value: Any) -> Any:
    """What an event keeps of a field: texts on one line and cut, of a list as many as are within sight."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, str):
        return one_line(value, LONGEST_FIELD)
    return [one_line(str(item), LONGEST_FIELD) for item in value]


def event_words(event: Emitted) -> str:
    """What was done, in a line; of an event that this ATLAS does not know, its name."""
    row = EVENTS.get(event["event"])
    if row is None:
        return str(event["event"])
    shown = {key: ", ".join(value) if isinstance(value, list) else value for key, value in event.items()}
    text = event.get("text")
    return row.words.format_map(shown) + (f": {text}" if text else "")


def fields_of(event: Emitted) -> dict[str, Any]:
    """The fields of an event, without its name."""
    return {key: value for key, value in event.items() if key != "event"}
