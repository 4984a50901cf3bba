"""A project as the rules see it, and what each role in it is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from atlas.core.guard import protected_paths
from atlas.core.guard.decision import Decision, judge_call
from atlas.core.guard.role_view import RoleView
from atlas.core.guard.tool_call import Call
from atlas.core.verbs import LEAD, WORKER
from tests.support import make_repository

AUTH, API, OVER = "task-aaaaaaaaaaaa", "task-bbbbbbbbbbbb", "task-cccccccccccc"
HELD = ("worker", "beginner", "bound", "idle")
"""A worker, one that may not edit yet, a subagent in the first one's workspace, and one whose work is over."""
ROLES = ("planning", "executing", "complete", *HELD, "unbound")
"""The lead in each phase, and its subagent that has not been in a workspace yet, too."""


class Scene:
    """A project with three workspaces: `auth` may be edited, `api` not yet, and the work in `over` is over."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = {name: root / ".claude/worktrees" / name for name in ("auth", "api", "over")}

    def view(self, role: str, chosen: Mapping[str, str]) -> RoleView:
        """What the role's gate says."""
        tasks = {"auth": AUTH, "api": API, "over": OVER}
        auth, api, over = (
            {
                "folder": str(folder),
                "agent": f"agent-{name}",
                "module": name,
                "task": tasks[name],
                "may_edit": name == "auth",
                "status": "complete" if name == "over" else "in_progress",
            }
            for name, folder in self.folders.items()
        )
        own = {"worker": [auth], "bound": [auth], "beginner": [api], "idle": [over], "planning": []}
        gate: dict[str, Any] = {
            "role": WORKER if role in HELD else LEAD,
            "phase": role if role in ("planning", "complete") else "executing",
            "root": str(self.root),
            "branch": "integration",
            "rules": dict(chosen),
            "workspaces": own.get(role, [auth, api]),
        }
        return RoleView(gate, str(self.root / ".git/atlas"), role == "unbound")

    def home(self, role: str) -> Path:
        """Where somebody's calls are made."""
        return self.folders[{"beginner": "api", "idle": "over"}.get(role, "auth")] if role in HELD else self.root

    def decision(
        self, role: str, tool: str, given: Mapping[str, Any], chosen: Mapping[str, str] | None = None
    ) -> Decision | None:
        """What a call comes to. No folder but one is for temporary files, though the tests' own folder lies in one."""
        call = Call(tool, given, str(self.home(role)), {"HOME": str(self.root.parent / "home")})
        with patch.object(protected_paths, "_TEMPORARY", ("/tmp/atlas-test",)):
            return judge_call(self.view(role, chosen or {}), call)

    def told(self, role: str, tool: str, given: Mapping[str, Any], **chosen: str) -> str:
        """The rule and its verdict, or an empty text when a call may go ahead."""
        found = self.decision(role, tool, given, chosen)
        return f"{found.rule} {found.verdict}" if found else ""

    def runs(self, role: str, command: str, **chosen: str) -> str:
        """The same for a command."""
        return self.told(role, "Bash", {"command": command}, **chosen)

    def filled(self, text: str) -> str:
        """A text with the places in it that it names in braces."""
        return text.format(root=self.root, **self.folders)


def make_scene(folder: Path) -> Scene:
    """The project, with links that lead out of a workspace and into ATLAS's state."""
    root = Path(os.path.realpath(make_repository(folder / "shop")))
    found = Scene(root)
    for made in (*found.folders.values(), root / "src", root / "docs", root / ".git/atlas", root.parent / "home"):
        made.mkdir(parents=True)
        (made / "here.py").touch()
    (root / ".claude/workspaces").mkdir()
    (root / ".claude/workspaces/auth").symlink_to(found.folders["auth"])
    (found.folders["auth"] / "out").symlink_to(root / "src")
    (root / "state").symlink_to(root / ".claude")
    return found
