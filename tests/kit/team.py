"""A project whose agents work in workspaces: on `core`, on `api`, which needs it, and on `ui`, which needs that.

`docs` is a person's, and `tools` an AI agent's who has no workspace.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.app import context_at
from atlas.core.records.discovery import Discovery
from atlas.core.records.kinds import AGENT, ASSIGNMENT, DISCOVERY, MODULE, WORKFLOW, WORKSPACE
from atlas.services.messages import discoveries
from atlas.services.project.context import Context
from tests.support import ROOT, git

NEEDS: dict[str, list[str]] = {"core": [], "api": ["core"], "ui": ["api"], "docs": [], "tools": []}
AGENTS = {"core": "ann", "api": "ben", "ui": "joann", "docs": "dev-alice", "tools": "tom"}
IN_A_WORKSPACE = ("core", "api", "ui")
PLAN = "plan-20260101-080000"
LEAD = "11111111-aaaa-4bbb-8ccc-000000000001"


class Team:
    """The project at `root`, and what stands in its files and records."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.atlas = root / ".git" / "atlas"

    def context(self, session: str | None = None, folder: Path | None = None) -> Context:
        """As a session, or a terminal, in a folder sees it."""
        return context_at(str(folder or self.root), session)

    def workspace(self, module: str) -> Path:
        return self.root / ".claude" / "worktrees" / f"{module}-ws"

    def interrupt_file(self, module: str) -> Path:
        return self.workspace(module) / ".INTERRUPT"

    def waiting(self, module: str) -> list[str]:
        """The ids in a workspace's `.INTERRUPT`, in order; none where there is no such file."""
        file = self.interrupt_file(module)
        return [item["id"] for item in json.loads(file.read_bytes())["items"]] if file.exists() else []

    def discoveries(self) -> list[Discovery]:
        """As the status would show them: receipts that nobody has folded in yet are in them."""
        return self.context().store.read(lambda tx: tx.all(DISCOVERY))

    def receipts(self, module: str) -> list[tuple[str, str]]:
        """For each discovery that is for a workspace, its id and what became of it there."""
        return [
            (discovery["id"], recipient["status"])
            for discovery in self.discoveries()
            for recipient in discovery["recipients"]
            if recipient["workspace"] == f"{module}-ws"
        ]

    def find(self, text: str = "Passwords are hashed by a coroutine.", severity: str = "critical") -> str:
        """The agent of `core` shares a discovery, which concerns `api` and `ui`, too; returns its id."""
        context = self.context(folder=self.workspace("core"))
        return str(discoveries.share_discovery(context, severity, ["core"], {"text": text})["discovery"]["id"])

    def put(self, fn: Any) -> Any:
        """Run a function on a transaction, as a person."""
        return self.context().store.transact("test", lambda tx: {"role": "person", "agent": None, "session": None}, fn)


def make_team(root: Path) -> Team:
    """Record it, by one transaction, and make the worktrees."""
    for module in IN_A_WORKSPACE:
        git(root, "worktree", "add", "--quiet", "-b", f"atlas/{module}", f".claude/worktrees/{module}-ws")
    Team(root).put(_record)
    return Team(root)


def _record(tx: Transaction) -> None:
    for status in ("drafting", "approved", "executing"):
        tx.put(WORKFLOW, filled("workflow", id=PLAN, plan_id=PLAN, phase="orchestration", status=status, lead=LEAD))
    for number, (module, agent) in enumerate(AGENTS.items()):
        task = f"task-{number:012x}"
        kind = "human" if module == "docs" else "ai"
        owner = {"assigned_to": agent, "task_uuid": task}
        for status in ("pending", "assigned"):
            tx.put(MODULE, filled("module", id=module, name=module, status=status, dependencies=NEEDS[module], **owner))
        tx.put(AGENT, filled("agent", id=agent, type=kind, identifier=f"{agent}'s", registered_at=tx.at))
        given = {"task_uuid": task, "agent": agent, "agent_type": kind, "module": module, "assigned_at": tx.at}
        assignment = filled("assignment", status="assigned", **given)
        assignment["instruction_verification"].update(status="verified", authorized_at=tx.at)
        tx.put(ASSIGNMENT, assignment)
        if module in IN_A_WORKSPACE:
            _record_workspace(tx, module, agent, task)


def _record_workspace(tx: Transaction, module: str, agent: str, task: str) -> None:
    name = f"{module}-ws"
    place = {"name": name, "path": f".claude/worktrees/{name}", "branch": f"atlas/{module}", "base_commit": "0" * 40}
    owner = {"module": module, "agent": agent, "task_uuid": task, "created_at": tx.at}
    for status in ("creating", "ready"):
        tx.put(WORKSPACE, filled("workspace", status=status, **place, **owner))


def filled(kind: str, **fields: Any) -> Any:
    """A record of a kind, with the emptiest value that its schema allows in every other field."""
    schema = json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return {**_emptiest(schema, schema["$defs"]), **fields}


def _emptiest(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    types = [option.get("type") for option in schema.get("anyOf", [schema])]
    if "null" in types or "null" in (types[0] or ()):
        return None
    if schema["type"] == "object":
        return {name: _emptiest(schema["properties"][name], definitions) for name in schema.get("required", [])}
    empty: dict[str, Any] = {"array": [], "boolean": False, "integer": 0, "number": 0, "string": ""}
    return empty[schema["type"]]
