"""What a hook knows of a session that has a role: a small view of the state."""

from __future__ import annotations

from atlas.core.records.transitions import LIVE
from atlas.core.verbs import LEAD, WORKER

from .protected_paths import is_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Workspace:
    """A live workspace: its resolved folder, its agent, module and assignment, and whether the agent may edit yet."""

    __slots__ = ("agent", "folder", "may_edit", "module", "task")

    def __init__(self, folder: str, agent: str, module: str, task: str | None, may_edit: bool) -> None:
        self.folder, self.agent, self.module, self.task, self.may_edit = folder, agent, module, task, may_edit


class RoleView:
    """What a decision needs to know, from the role view of the caller: a worker's own workspaces, all for the lead.

    `unbound`: a worker subagent of the lead that has not been in its workspace yet. `reviews`: one that
    reviews.
    """

    __slots__ = ("branch", "phase", "private", "reviews", "role", "root", "rules", "unbound", "workspaces")

    def __init__(self, record: Mapping[str, Any], private: str, unbound: bool = False, reviews: bool = False) -> None:
        """`private` is ATLAS's folder, resolved. Raises LookupError, TypeError or ValueError when the record is
        none."""
        if record["role"] not in (LEAD, WORKER) or record["phase"] not in ("planning", "executing", "complete"):
            raise ValueError(f"there is no role {record['role']!r} or phase {record['phase']!r}")
        self.role, self.phase, self.unbound = record["role"], record["phase"], unbound
        self.reviews = reviews
        self.root, self.private, self.branch = record["root"], private, record["branch"]
        self.rules: dict[str, str] = dict(record["rules"])
        self.workspaces = [
            Workspace(one["folder"], one["agent"], one["module"], one["task"], one["may_edit"] is True)
            for one in record["workspaces"]
            if one["status"] in LIVE
        ]

    def workspace_holding(self, path: str) -> Workspace | None:
        """The workspace that a resolved path is in."""
        return next((one for one in self.workspaces if is_inside(one.folder, path)), None)
