"""The plugin with a stub in the place of its verbs, for tests of what stands between the client and a verb."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from atlas.core.verbs import VERBS
from tests.support import ROOT

REPORTING = tuple(row.name for row in VERBS.values() if row.slash and row.slash.shown)
ACTED_ON = tuple(row.name for row in VERBS.values() if row.slash and not row.slash.shown)

_STUB = """\
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
told = {"arguments": sys.argv[1:], "cwd": os.getcwd(), "session": os.environ.get("CLAUDE_CODE_SESSION_ID")}
line = json.dumps({**told, "stdin": sys.stdin.read()})
with open(here / "calls", "a", encoding="utf-8") as calls:
    print(line, file=calls)
part = here / "part.py"
exec(part.read_text(encoding="utf-8") if part.exists() else "print(line)")
"""


def make_stub_plugin(root: Path) -> Path:
    """Commands, hooks and `atlas` of the plugin; every verb prints how it was called."""
    for folder in ("bin", "commands", "hooks", "scripts/atlas"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "scripts/requirements.txt", root / "scripts")
    (root / "scripts/atlas_cli.py").write_text(_STUB, encoding="utf-8")
    (root / ".claude-plugin").mkdir()
    (root / ".claude-plugin/plugin.json").write_text('{"name": "atlas", "version": "0.0.0"}', encoding="utf-8")
    return root


def play(plugin: Path, part: str) -> None:
    """What the stub does, as Python, instead of printing how it was called."""
    (plugin / "scripts/part.py").write_text(part, encoding="utf-8")


def calls(plugin: Path) -> list[dict[str, Any]]:
    """How the stub was called: `arguments`, `cwd`, `session` and `stdin` of each time."""
    file = plugin / "scripts/calls"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def quoted(word: str) -> str:
    """A word as a person writes it so that all of it stays one argument."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
