"""Results about the project as such: what `pause`, `settings`, `history` and `env` answer."""

from __future__ import annotations

from typing import Literal, TypedDict

from atlas.core.records.plan import Pause


class PauseResult(TypedDict):
    """The pause of the gates that is in force now, and the one before; None is no pause."""

    paused: Pause | None
    before: Pause | None


EventField = str | int | list[str] | None
SettingValue = str | int | list[str] | None


class Proposal(TypedDict):
    """A value that the project's own files suggest for a setting, and `because` of which files."""

    key: str
    values: list[str]
    because: list[str]


class SettingsResult(TypedDict):
    """The value of every setting, and the one that holds where nothing is set.

    `proposals` are made only when settings are shown.
    """

    settings: dict[str, SettingValue]
    defaults: dict[str, SettingValue]
    changed: bool
    proposals: list[Proposal]


class ChangedBy(TypedDict):
    """Who made a change: a role, the agent when it is a worker, and the client session."""

    role: str
    agent: str | None
    session: str | None


class ChangedRecord(TypedDict):
    """A record that was changed. `status` is `removed` when it was, and None when its kind has none."""

    kind: str
    id: str
    status: str | None


class HistoryEvent(TypedDict):
    """What was done, as the history keeps it: the name of the event, its fields, and both in `words`."""

    event: str
    fields: dict[str, EventField]
    words: str


class HistoryChange(TypedDict):
    """One change of the history. `actor` is None where it is not known; `events` is empty where none were kept."""

    seq: int
    at: str
    actor: ChangedBy | None
    verb: str
    records: list[ChangedRecord]
    events: list[HistoryEvent]


class HistoryResult(TypedDict):
    """The last changes, what is wrong with the history, and how the tables differ from its replay.

    `total` is how many changes there are, `unfinished_bytes` how much of a change stands unfinished at the end.
    """

    changes: list[HistoryChange]
    total: int
    faults: list[str]
    unfinished_bytes: int
    differences: list[str]
    equal: bool


class EnvResult(TypedDict):
    """How ATLAS's own Python environment stands.

    `path` is where its packages are, or the log of making it; `seconds` for how long it has stood so.
    """

    status: Literal["ready", "making", "failed", "missing"]
    path: str
    seconds: int
    reason: str
