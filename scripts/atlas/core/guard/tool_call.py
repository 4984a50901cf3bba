"""A tool call that is to be judged."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

WRITING_TOOLS = ("Write", "Edit", "MultiEdit", "NotebookEdit")
DISPATCHING_TOOLS = ("Agent", "Task")
SHELL_TOOLS = ("Bash", "Monitor")


class Call:
    """A tool call: where it is made, the files that it names, and what a shell or a subagent is told."""

    __slots__ = ("command", "cwd", "environment", "paths", "prompt", "subagent", "tool")

    def __init__(self, tool: str, arguments: Mapping[str, Any], cwd: str, environment: Mapping[str, str]) -> None:
        def text(name: str) -> str:
            value = arguments.get(name)
            if value is None:
                return ""
            if not isinstance(value, str):
                raise TypeError(f"{name} is no text")
            return value

        self.tool, self.cwd, self.environment = tool, cwd, environment
        named = [text("file_path"), text("notebook_path")] if tool in WRITING_TOOLS else []
        self.paths = [path for path in named if path]
        self.command = text("command") if tool in SHELL_TOOLS else ""
        self.prompt, self.subagent = text("prompt"), text("subagent_type")
