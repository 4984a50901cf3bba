"""The picture of floors and rooms in docs/architecture.md, drawn from the imports."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.test_layers import EVERYWHERE, FLOORS, ROOMS, floor_of, import_graph, room_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/architecture.md"
BEGIN, END = "<!-- generated: floors and rooms -->", "<!-- end -->"
WIDTH, COLUMN = 110, 30


def generated() -> dict[str, str]:
    """The page with its picture drawn anew."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {PAGE: f"{before}{BEGIN}\n```\n{picture()}\n```\n{END}{after}"}


def picture() -> str:
    """A line for each room, from the top down: its files, and the rooms that it imports."""
    arrows = room_arrows()
    lines = [room_line("hooks", "hooks", arrows)]
    for storey in reversed(FLOORS):
        for floor in storey:
            for rooms in reversed(ROOMS.get(floor, ((floor,),))):
                lines += [room_line(floor, room, arrows) for room in rooms if is_drawn(place(floor, room), arrows)]
    return "\n".join(lines)


def is_drawn(name: str, arrows: dict[str, set[str]]) -> bool:
    """Whether a room of the list is there, and has files of its own."""
    return name in arrows and files_of(name) > 0


def room_line(floor: str, room: str, arrows: dict[str, set[str]]) -> str:
    name = place(floor, room)
    head = f"{name} ({files_of(name)})"
    return textwrap.fill(
        f"{head:<{COLUMN}}{grouped(arrows[name])}",
        WIDTH,
        subsequent_indent=" " * (COLUMN + 2),
        break_on_hyphens=False,
    ).rstrip()


def grouped(places: set[str]) -> str:
    """Rooms as they are drawn behind an arrow: those of one floor together."""
    floors: dict[str, list[str]] = {}
    for one in sorted(places):
        floor, _, room = one.partition("/")
        floors.setdefault(floor, []).append(room)
    order = [floor for storey in reversed(FLOORS) for floor in storey]
    parts = [
        floor if floors[floor] == [""] else f"{floor}: {' '.join(room or 'base' for room in floors[floor])}"
        for floor in order
        if floor in floors
    ]
    return "→ " + " · ".join(parts) if parts else ""


def room_arrows() -> dict[str, set[str]]:
    """For each room the rooms that its files import."""
    found: dict[str, set[str]] = {}
    for name, imported in import_graph().items():
        if name not in EVERYWHERE:
            here = place_of(name)
            found.setdefault(here, set()).update({place_of(to) for to in imported if to not in EVERYWHERE} - {here})
    return found


def place_of(name: str) -> str:
    """The room of a module: `services/plan`, or its floor where that has no ordered rooms."""
    floor = floor_of(name)
    return place(floor, room_of(name)) if floor in ROOMS else floor


def place(floor: str, room: str) -> str:
    return floor if floor not in ROOMS else f"{floor}/{room}"


def files_of(name: str) -> int:
    """How many Python files a room has, without those that only say what it is."""
    folder = ROOT / ("hooks" if name == "hooks" else f"scripts/atlas/{name.removesuffix('/base')}")
    if not folder.is_dir():
        return 1
    return sum(file.name != "__init__.py" for file in folder.glob("*.py"))
