"""Stores and contexts are made in one place."""

from __future__ import annotations

import ast

from tests.support import ROOT

MADE = ("FileStore", "Context")


def makers(text: str) -> set[str]:
    """Those of the classes that a module calls."""
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = {func.id if isinstance(func, ast.Name) else getattr(func, "attr", "") for func in calls}
    return names & set(MADE)


def test_only_the_composition_root_makes_a_store_or_a_context() -> None:
    files = [path for folder in ("scripts", "hooks", "tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)): made for path in files if (made := makers(path.read_text(encoding="utf-8")))}
    assert found == {"scripts/atlas/app.py": {"FileStore", "Context"}}


def test_a_store_that_is_made_elsewhere_is_found() -> None:
    text = "store = file_store.FileStore(project)\ncontext: Context = Context(project, store, None)"
    assert makers(text) == set(MADE)
