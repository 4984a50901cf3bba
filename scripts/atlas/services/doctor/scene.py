"""A scratch project for the doctor's canaries: a lead, and a worker in a workspace, recorded by the real store."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from typing import Any

from atlas.adapters.git import git
from atlas.adapters.system import client, environment, hook_runner
from atlas.core.paths import find_project
from atlas.core.records.team import AI
from atlas.services.assignments import agents
from atlas.services.messages import interrupts
from atlas.services.orchestration import assigning, starting
from atlas.services.plan import approval, beginning, module_edits
from atlas.services.project import settings
from atlas.services.project.context import Context

HOOKS = os.path.join(os.path.dirname(environment.SCRIPTS), "hooks", "hooks.json")
AGENT, MODULE = "canary", "live"
WORD = "This is a canary of the doctor."
_SECONDS = 15.0
_GIT = (
    *("-c", "user.name=ATLAS", "-c", "user.email=atlas@localhost"),
    *("-c", "commit.gpgSign=false", "-c", f"core.hooksPath={os.devnull}"),
)


Opener = Callable[[str, "str | None", Callable[[str], None]], Context]
"""Makes the context of a folder and a session; it tells what was repaired in passing, a line each."""


class Scene:
    """The project at `root`, in which the session `lead` leads, and the worker's folder `workspace`.

    Raises AtlasError when it cannot be made, e.g. because ATLAS's packages are missing.
    """

    def __init__(self, scratch: str, open_context: Opener) -> None:
        self.root = os.path.join(os.path.realpath(scratch), "project")
        self.lead, self.worker, self.stranger = (str(uuid.uuid4()) for _ in range(3))
        self._open_context = open_context
        os.mkdir(self.root)
        git.run_git(self.root, "init", "--quiet", "--template=", "--initial-branch=main")
        git.run_git(self.root, *_GIT, "commit", "--quiet", "--allow-empty", "--message=Start")
        self.project = find_project(self.root)
        self.workspace = self._begin()

    def context(self, session: str | None = None) -> Context:
        return self._open_context(self.root, session, lambda line: None)

    def _begin(self) -> str:
        lead = self.context(self.lead)
        beginning.start_plan(lead, "Try the hooks")
        module_edits.add_module(lead, MODULE, "medium", {"add_criteria": ["it holds"], "add_checks": ["true"]})
        approval.approve_plan(lead)
        starting.start_workflow(lead)
        agents.register_agent(lead, AI, AGENT, AGENT)
        workspace = assigning.dispatch_module(lead, MODULE, AGENT)["workspace"]
        assert workspace is not None
        return os.path.join(self.root, workspace["path"])

    def let_it_edit(self) -> None:
        """The worker may edit from now on."""
        settings.change_setting(self.context(), "gate.understanding", ["off"])

    def interrupt_agent(self) -> None:
        """`WORD` waits for the worker from now on."""
        interrupts.interrupt_agent(self.context(self.lead), AGENT, WORD)

    def monitor_hooks(self) -> dict[str, list[Any]]:
        """The hooks that the workspace has of its own. Raises AtlasError when it has none."""
        return hook_runner.read_hooks(os.path.join(self.workspace, ".claude", "settings.local.json"))


class Caller:
    """A session, as the client runs hooks for it: in `folder`, which it was started in."""

    def __init__(self, session: str, folder: str, found: dict[str, list[Any]], path: str | None = None) -> None:
        """`found` are the hooks; `path` takes the place of PATH."""
        self._session, self._folder, self._hooks = session, folder, found
        own = {"CLAUDE_PLUGIN_ROOT": client.PLUGIN, "CLAUDE_PROJECT_DIR": folder, "CLAUDE_CODE_SESSION_ID": session}
        self._env = {
            **client.client_environment(),
            "CLAUDE_CODE_ENTRYPOINT": "cli",
            **own,
            **({"PATH": path} if path else {}),
        }

    def call(self, tool: str, **arguments: str) -> hook_runner.Answer:
        """What comes of a tool call."""
        return self._fire("PreToolUse", tool_name=tool, tool_input=arguments, tool_use_id=f"toolu_{uuid.uuid4().hex}")

    def stop(self) -> hook_runner.Answer:
        """What comes of ending its turn."""
        return self._fire("Stop", stop_hook_active=False, last_assistant_message="", background_tasks=[])

    def _fire(self, name: str, **fields: Any) -> hook_runner.Answer:
        where = {"session_id": self._session, "cwd": self._folder, "transcript_path": os.devnull}
        event = {**where, "permission_mode": "default", "hook_event_name": name, **fields}
        commands = hook_runner.matching_handlers(self._hooks, event)
        if not commands:
            return hook_runner.Answer("", f"no hook for {name}")
        return hook_runner.fire_hooks(commands, event, self._folder, self._env, _SECONDS)
