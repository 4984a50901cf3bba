"""Imports go downward only, and each library is imported in one place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .support import ROOT, SCRIPTS

LAYERS = ("entry", "cli", "board", "render", "services", "adapters", "core")
"""From the top down: each may import itself and what is below."""
LIBRARIES = {
    "yaml": {"atlas.adapters.system.serial"},
    "jsonschema": {"atlas.adapters.store.schema"},
    "filelock": {"atlas.adapters.store.lock"},
    "httpx": {"atlas.adapters.transport.wire"},
}
HOOKS_MAY_USE = ("atlas.core.", "atlas.adapters.system.packages.")
"""Hooks run before every tool call, in an interpreter without any package."""


def sources() -> dict[str, Path]:
    """Every module of ATLAS by its name; scripts and hooks by their paths."""
    package = {
        ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (SCRIPTS / "atlas").rglob("*.py")
    }
    entries = [*SCRIPTS.glob("*.py"), *(ROOT / "hooks").glob("*.py"), ROOT / "bin" / "atlas"]
    is_python = [path for path in entries if path.suffix == ".py" or b"python" in path.read_bytes().split(b"\n")[0]]
    return {**package, **{str(path.relative_to(ROOT)): path for path in is_python}}


def imports(name: str, text: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """The line and the full name of everything that a module imports, wherever in it, types included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = name.split(".")[: len(name.split(".")) - node.level + is_package]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module"):
            yield node.lineno, called_import(node)


def called_import(call: ast.Call) -> str:
    """What `import_module` imports, as far as it is written out: `f"atlas.cli.{name}"` is in `atlas.cli`."""
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        first = first.values[0]
    assert isinstance(first, ast.Constant), f"line {call.lineno}: cannot be told what is imported"
    return str(first.value).rstrip(".")


def layer(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "atlas" and len(parts) > 1 and parts[1] in LAYERS else "entry"


def violations(name: str, text: str, is_package: bool = False) -> list[str]:
    """What is wrong with the imports of a module, a line each."""
    return [f"{name}:{line}: {fault}" for line, to in imports(name, text, is_package) if (fault := fault_of(name, to))]


def fault_of(name: str, imported: str) -> str | None:
    top = imported.split(".")[0]
    if top == "atlas":
        return fault_within(name, imported)
    if top in sys.stdlib_module_names:
        return None
    if name in LIBRARIES.get(top, ()):
        return None
    if not name.startswith("atlas.") and (ROOT / name).parent.joinpath(f"{top}.py").exists():
        return None
    return f"{top} is imported here, outside its one place"


def fault_within(name: str, imported: str) -> str | None:
    if name.startswith("hooks/"):
        return None if f"{imported}.".startswith(HOOKS_MAY_USE) else f"a hook imports {imported}"
    here, there = layer(name), layer(imported)
    if imported in ("atlas.VERSION", "atlas"):
        return None
    if LAYERS.index(there) < LAYERS.index(here):
        return f"{here} imports {imported}, which is above it"
    return None


def test_imports_go_downward_only() -> None:
    found = sources()
    assert {"atlas.core.records.kinds", "atlas.cli.main", "scripts/atlas_cli.py", "hooks/command.py"} <= set(found)
    faults = [
        fault
        for name, path in found.items()
        for fault in violations(name, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    ]
    assert faults == []


def test_every_library_is_imported_somewhere() -> None:
    found = sources()
    for library, places in LIBRARIES.items():
        for place in places:
            path = found[place]
            tops = {to.split(".")[0] for _, to in imports(place, path.read_text(encoding="utf-8"), False)}
            assert library in tops, f"{library} is no longer imported in {place}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("atlas.core.clock", "from atlas.adapters import git"),
        ("atlas.core.clock", "from ..adapters.store import disk"),
        ("atlas.core.policy.graph", "import atlas.services.plan"),
        ("atlas.adapters.git", "from atlas.services.context import Context"),
        ("atlas.adapters.store.files", "from atlas.render import exec_file"),
        ("atlas.services.plan", "from atlas.render import text"),
        ("atlas.services.plan", "def f():\n    from atlas.cli.main import main"),
        ("atlas.render.text", "from ..cli import main"),
        ("atlas.render.text", "importlib.import_module(f'atlas.cli.{name}')"),
        ("atlas.cli.main", "import yaml"),
        ("atlas.core.clock", "import yaml"),
        ("atlas.adapters.git", "from jsonschema import Draft202012Validator"),
        ("atlas.adapters.store.files", "if TYPE_CHECKING:\n    import filelock"),
        ("atlas.adapters.system.serial", "import requests"),
        ("atlas.adapters.system.serial", "__import__('filelock')"),
        ("scripts/atlas_cli.py", "import yaml"),
        ("hooks/command.py", "from atlas.services import plan"),
        ("hooks/command.py", "from atlas.adapters.store import spool"),
        ("hooks/command.py", "import yaml"),
    ],
)
def test_a_planted_violation_is_found(name: str, text: str) -> None:
    assert len(violations(name, text)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("atlas.services.plan", "from atlas.adapters import git\nfrom .context import Context\nimport json"),
        ("atlas.render.text", "from atlas.services import plan"),
        ("atlas.cli.main", "from atlas import VERSION\nimportlib.import_module(f'atlas.cli.{name}')"),
        ("hooks/command.py", "from atlas.core.words import split\nimport json"),
        ("atlas.adapters.system.serial", "import yaml"),
    ],
)
def test_what_is_allowed_is_let_pass(name: str, text: str) -> None:
    assert violations(name, text) == []
