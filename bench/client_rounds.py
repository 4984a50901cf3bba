"""Tool rounds of the real client, driven by a model on loopback: what hooks add to them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import median

from .hooks import NOTHING, ROOT

CALLS, ROUNDS, RUNS = 10, 8, 4
"""Tool calls in a round, one after another; rounds of a session, of which the first is not counted; sessions."""
SENT_ON = 12
"""Times that a session with work left may be sent on when it is at its end."""


def added(folder: Path, plain: Path, workspace: Path) -> dict[str, float]:
    """What the plugin adds to a round over what its hooks add when each of them is a command that does nothing.

    In a project without ATLAS that is `true`. In a worker's workspace it is, before tool calls, a Python that does
    nothing. All take turns.
    """
    shells = _plugin(folder / "shells", {})
    pythons = _plugin(folder / "pythons", {"PreToolUse": " ".join(NOTHING["python3"])})
    kinds = {
        "plain": (plain, None),
        "plain, true": (plain, shells),
        "plain, atlas": (plain, ROOT),
        "worker": (workspace, None),
        "worker, python": (workspace, pythons),
        "worker, atlas": (workspace, ROOT),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for run in range(RUNS):
        for kind, (cwd, plugin) in kinds.items():
            times[kind] += _rounds(folder / f"{kind} {run}", cwd, plugin)
    took = {kind: median(found) for kind, found in times.items()}
    return {
        "without a role": (took["plain, atlas"] - took["plain"]) / (took["plain, true"] - took["plain"]),
        "with one": (took["worker, atlas"] - took["worker"]) / (took["worker, python"] - took["worker"]),
    }


def _plugin(folder: Path, commands: dict[str, str]) -> Path:
    """A plugin with hooks where ATLAS has them, each the command for its event, or else `true`."""
    hooks = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))
    for event, groups in hooks["hooks"].items():
        for hook in (hook for group in groups for hook in group["hooks"]):
            hook["command"] = commands.get(event, "true")
    for place, content in ((".claude-plugin/plugin.json", {"name": folder.name}), ("hooks/hooks.json", hooks)):
        (folder / place).parent.mkdir(parents=True)
        (folder / place).write_text(json.dumps(content), encoding="utf-8")
    return folder


def _rounds(folder: Path, cwd: Path, plugin: Path | None) -> list[float]:
    """The seconds that each round of a session took, from the model's answer to the next request."""
    from tests.client import clients
    from tests.client.model import Request, ScriptedModel, Turn, tool
    from tests.client.sandbox import Sandbox

    seen: list[float] = []

    def step(request: Request) -> Turn:
        seen.append(time.perf_counter())
        if len(seen) > ROUNDS:
            return "Done."
        return [
            tool("Write", file_path=str(cwd / f"{folder.name}-{len(seen)}-{call}"), content="x")
            for call in range(CALLS)
        ]

    with ScriptedModel(*[step] * (ROUNDS + SENT_ON)) as model:
        sandbox = Sandbox(clients.locate("newest"), folder)
        run = sandbox.run_print("Go", model=model, cwd=cwd, plugin_dirs=[plugin] if plugin else [])
    assert len(seen) > ROUNDS, run.stderr
    assert not any(result.is_error for request in model.requests for result in request.tool_results)
    return [seen[number + 1] - seen[number] for number in range(1, ROUNDS)]
