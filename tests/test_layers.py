"""Imports go one way, from floor to floor and room to room, without circles; each library has one place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .support import ROOT, SCRIPTS

FLOORS = (("core",), ("adapters",), ("services", "render"), ("board", "app"), ("cli", "mcp"), ("doors",))
"""From the bottom up: each may import what is below it. What shares a storey does not import each other."""
ROOMS = {
    "core": (("base",), ("records",), ("results",), ("rules",), ("following",), ("guard", "letters")),
    "adapters": (("base",), ("system",), ("git", "store", "transport", "github")),
    "services": (
        ("project",),
        ("plan", "messages", "projections"),
        ("integration", "sessions", "usage"),
        ("assignments",),
        ("understanding", "workspaces", "set_ups", "github"),
        ("proof",),
        ("orchestration",),
        ("doctor", "client_setup"),
    ),
}
"""The rooms of a floor, from the bottom up, by the same rule. `base` are the files that lie in the floor itself."""
ALSO = {"board": ("app",), "hooks": ("core",), "render": ("core",)}
"""The one arrow within a storey, and floors that see less than what is below them."""
LIBRARIES = {
    "yaml": {"atlas.adapters.system.serial"},
    "jsonschema": {"atlas.adapters.store.schema"},
    "filelock": {"atlas.adapters.store.lock"},
    "httpx": {"atlas.adapters.transport.wire"},
}
EVERYWHERE = ("atlas", "atlas.VERSION")


def sources() -> dict[str, Path]:
    """Every module of ATLAS and of its hooks by its name; scripts by their paths. What is generated is left out."""
    packages = {
        ".".join(path.relative_to(above).with_suffix("").parts).removesuffix(".__init__"): path
        for above, package in ((SCRIPTS, "atlas"), (ROOT, "hooks"))
        for path in (above / package).rglob("*.py")
        if path.parent.name != "generated"
    }
    entries = [*SCRIPTS.glob("*.py"), ROOT / "bin" / "atlas"]
    is_python = [path for path in entries if path.suffix == ".py" or b"python" in path.read_bytes().split(b"\n")[0]]
    return {**packages, **{str(path.relative_to(ROOT)): path for path in is_python}}


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


def floor_of(name: str) -> str:
    """The floor that a module is on: the second word of its name; what is no module of ATLAS is a hook or a door."""
    parts = name.split(".")
    if parts[0] != "atlas":
        return "hooks" if parts[0] == "hooks" else "doors"
    return parts[1] if len(parts) > 1 else "core"


def room_of(name: str) -> str:
    """The room of a floor that a module, or something in it, is in."""
    parts = name.split(".")
    rooms = {room for storey in ROOMS[parts[1]] for room in storey}
    return parts[2] if len(parts) > 2 and parts[2] in rooms else "base"


def storey(order: tuple[tuple[str, ...], ...], place: str) -> int:
    """How far up a floor or room is. Raises StopIteration for one that is not in the list."""
    return next(number for number, storey in enumerate(order) if place in storey)


def violations(name: str, text: str, is_package: bool = False) -> list[str]:
    """What is wrong with the imports of a module, a line each."""
    return [f"{name}:{line}: {fault}" for line, to in imports(name, text, is_package) if (fault := fault_of(name, to))]


def fault_of(name: str, imported: str) -> str | None:
    top = imported.split(".")[0]
    if top in ("atlas", "hooks"):
        return fault_within(name, imported)
    if top in sys.stdlib_module_names:
        return None
    if name in LIBRARIES.get(top, ()):
        return None
    if not name.startswith("atlas.") and (ROOT / name).parent.joinpath(f"{top}.py").exists():
        return None
    return f"{top} is imported here, outside its one place"


def fault_within(name: str, imported: str) -> str | None:
    """Why one module of ATLAS may not import another, or None when it may."""
    if imported in EVERYWHERE:
        return None
    here, there = floor_of(name), floor_of(imported)
    if here != there:
        seen = here in ALSO and there in ALSO[here]
        is_apart = here in ("hooks", "render") or there == "hooks"
        is_below = not is_apart and storey(FLOORS, there) < storey(FLOORS, here)
        return None if seen or is_below else f"{here} imports {imported}, which is not below it"
    if here not in ROOMS or room_of(name) == room_of(imported):
        return None
    if storey(ROOMS[here], room_of(imported)) < storey(ROOMS[here], room_of(name)):
        return None
    return f"{here}/{room_of(name)} imports {imported}, which is not below it"


def import_graph() -> dict[str, set[str]]:
    """Which modules of ATLAS and of its hooks each one imports."""
    found = sources()
    names = {name for name in found if name.split(".")[0] in ("atlas", "hooks")}
    graph = {}
    for name in names:
        text, is_package = found[name].read_text(encoding="utf-8"), found[name].name == "__init__.py"
        reached = {to if to in names else to.rpartition(".")[0] for _, to in imports(name, text, is_package)}
        graph[name] = (reached & names) - {name}
    return graph


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Those whose arrows lead back to them; none when there is no circle."""
    rest = {name: set(arrows) for name, arrows in graph.items()}
    while done := [name for name, arrows in rest.items() if not arrows & rest.keys()]:
        for name in done:
            del rest[name]
    return sorted(rest)


def by_folder(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same arrows between folders."""
    found: dict[str, set[str]] = {}
    for name, arrows in graph.items():
        folder = name.rpartition(".")[0]
        found.setdefault(folder, set()).update({to.rpartition(".")[0] for to in arrows} - {folder})
    return found


def test_imports_go_one_way() -> None:
    found = sources()
    assert {"atlas.core.records.kinds", "atlas.cli.main", "scripts/atlas_cli.py", "hooks.command"} <= set(found)
    faults = [
        fault
        for name, path in found.items()
        for fault in violations(name, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    ]
    assert faults == []


def test_every_folder_is_a_room_of_the_list() -> None:
    for floor, order in ROOMS.items():
        folders = {path.parent.name for path in (SCRIPTS / "atlas" / floor).glob("*/__init__.py")}
        assert folders <= {room for storey in order for room in storey}
    floors = {
        path.stem for path in (SCRIPTS / "atlas").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert floors - {"__init__"} <= {floor for storey in FLOORS for floor in storey}


def test_there_are_no_circles() -> None:
    graph = import_graph()
    assert len(graph) > 100
    assert circle(graph) == []
    assert circle(by_folder(graph)) == []


def test_a_planted_circle_is_found() -> None:
    graph = {"a.x": {"b.y"}, "b.y": {"c.z"}, "c.z": set(), "b.w": {"a.x"}}
    assert circle(graph) == []
    assert circle(by_folder(graph)) == ["a", "b"]
    assert circle({**graph, "c.z": {"b.y"}}) == ["a.x", "b.w", "b.y", "c.z"]


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
        ("atlas.core.clock", "from atlas.adapters.git import git"),
        ("atlas.core.clock", "from ..adapters.store import lock"),
        ("atlas.core.clock", "from .records import kinds"),
        ("atlas.core.rules.graph", "import atlas.services.plan"),
        ("atlas.core.rules.graph", "from atlas.core.following import whose_turn"),
        ("atlas.core.following.digest", "from atlas.core.letters.discoveries import message_sender"),
        ("atlas.core.guard.decision", "from atlas.core.letters import subjects"),
        ("atlas.adapters.git.git", "from atlas.services.project.context import Context"),
        ("atlas.adapters.store.file_store", "from atlas.render import text"),
        ("atlas.services.plan.plan", "from atlas.render import text"),
        ("atlas.services.plan.plan", "def f():\n    from atlas.cli.main import main"),
        ("atlas.services.plan.plan", "from atlas.services.messages import mailbox"),
        ("atlas.services.project.settings", "from ..plan import plan"),
        ("atlas.services.plan.plan", "from atlas.board import status"),
        ("atlas.render.text", "from ..cli import main"),
        ("atlas.render.text", "from atlas.services.plan import plan"),
        ("atlas.render.text", "importlib.import_module(f'atlas.cli.{name}')"),
        ("atlas.app", "from atlas.board import status"),
        ("atlas.cli.main", "import yaml"),
        ("atlas.core.clock", "import yaml"),
        ("atlas.adapters.git.git", "from jsonschema import Draft202012Validator"),
        ("atlas.adapters.store.file_store", "if TYPE_CHECKING:\n    import filelock"),
        ("atlas.adapters.system.serial", "import requests"),
        ("atlas.adapters.system.serial", "__import__('filelock')"),
        ("scripts/atlas_cli.py", "import yaml"),
        ("hooks.command", "from atlas.services.plan import plan"),
        ("hooks.command", "from atlas.adapters.store import spool"),
        ("hooks.command", "import yaml"),
        ("hooks.command", "import bare"),
        ("atlas.core.interrupts", "from hooks import bare"),
        ("atlas.services.plan.plan", "import hooks.bare"),
        ("scripts/atlas_cli.py", "from hooks.bare import parse"),
    ],
)
def test_a_planted_violation_is_found(name: str, text: str) -> None:
    assert len(violations(name, text)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("atlas.services.plan.plan", "from atlas.adapters.git import git\nfrom .document import read\nimport json"),
        ("atlas.services.plan.plan", "from atlas.services.project.context import Context"),
        ("atlas.render.text", "from atlas.core.following import digest"),
        ("atlas.board.text", "from atlas.render import text\nfrom atlas.app import open_context"),
        ("atlas.cli.main", "from atlas import VERSION\nimportlib.import_module(f'atlas.cli.{name}')"),
        (
            "hooks.command",
            "from atlas.core.arguments import split_arguments\nfrom hooks.bare import parse\nimport json",
        ),
        ("hooks.command", "from . import bare\nfrom .bare import parse"),
        ("atlas.adapters.system.serial", "import yaml"),
    ],
)
def test_what_is_allowed_is_let_pass(name: str, text: str) -> None:
    assert violations(name, text) == []
