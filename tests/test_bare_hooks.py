"""Hooks import next to nothing: each starts about as fast as Python does."""

from __future__ import annotations

import pytest

from .support import PYTHON, ROOT, run

HOOKS = sorted(path.stem for path in (ROOT / "hooks").glob("*.py") if path.stem != "__init__")
READ_BY_HOOKS = (
    "records.events",
    "following.digest",
    "letters.digest",
    "guard.command_rules",
    "guard.writes",
    "rules.verb_permissions",
)
"""Of the core, what hooks import in the middle of their work."""
DEAR = {
    *("typing", "re", "enum", "json", "collections", "functools", "contextlib", "dataclasses", "inspect"),
    *("subprocess", "signal", "threading", "tempfile", "shutil", "pathlib", "datetime", "logging", "argparse"),
}
"""What costs as much as a hook may, each or together."""
# As run.sh begins: no `site`, no cache of an earlier import, the plugin's folders last on the path.
LOADED = "import sys; sys.path += sys.argv[1:3]; __import__(sys.argv[3]); print(*sys.modules)"


@pytest.mark.parametrize("name", [*(f"hooks.{name}" for name in HOOKS), *(f"atlas.core.{it}" for it in READ_BY_HOOKS)])
def test_nothing_dear_is_imported(name: str) -> None:
    done = run(PYTHON, "-I", "-S", "-X", "utf8", "-c", LOADED, ROOT / "hooks/..", ROOT / "hooks/../scripts", name)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert name in loaded
    assert loaded & DEAR == set()
