"""The plan: YAML front matter that people and scripts both write, and a body that scripts never touch."""

from __future__ import annotations

import json
from typing import Any

from atlas.adapters.store import schema
from atlas.adapters.system import serial
from atlas.core import frontmatter
from atlas.core.errors import AtlasError
from atlas.core.ids import sha256_hex
from atlas.core.paths import PLAN_FILE, own_path
from atlas.core.records.plan import PLANNING
from atlas.core.rules import graph
from atlas.core.text import name_known


class PlanDocument:
    """A plan that was read and found to be of the right shape. `front` may be changed, then `data` is its file."""

    def __init__(self, data: bytes) -> None:
        """Raises AtlasError with line and column when the file is damaged or breaks the schema."""
        text, self._body = frontmatter.split_front_matter(PLAN_FILE, data)
        document = serial.Document(PLAN_FILE, text, line_offset=1)
        for fault in schema.schema_faults("plan", document.value):
            raise document.complain(fault.path, fault.reason)
        self.front: dict[str, Any] = document.value
        self._fill_in()
        seen: set[str] = set()
        for number, module in enumerate(self.modules):
            if module["id"] in seen:
                raise document.complain(["modules", number, "id"], f"the id {module['id']!r} is used twice")
            seen.add(module["id"])

    def _fill_in(self) -> None:
        """People may leave out what has an obvious value."""
        for field in ("requirements_sections", "exit_criteria", "modifications"):
            self.front.setdefault(field, [])
        for field in ("goal_locked", "requirements_complete"):
            self.front.setdefault(field, False)
        self.front.setdefault("status", "approved" if self.complete else "drafting")
        for module in self.modules:
            for field in ("dependencies", "checks", "acceptance_criteria", "scope"):
                module.setdefault(field, [])
            for field, value in (("description", ""), ("priority", "medium"), ("status", "pending")):
                module.setdefault(field, value)

    @classmethod
    def new(cls, plan_id: str, goal: str, at: str) -> PlanDocument:
        """An empty plan for a goal."""
        front = {
            "phase": PLANNING,
            "plan_id": plan_id,
            "status": "drafting",
            "created_at": at,
            "goal": goal,
            "goal_locked": False,
            "requirements_complete": False,
            "requirements_sections": [],
            "modules": [],
            "plan_phase_complete": False,
            "exit_criteria": [],
            "modifications": [],
        }
        body = (
            "\n# Plan\n\nThe part above is read and written by ATLAS and may be edited by hand, too."
            "\nEverything from here on is yours: notes, design, open questions.\n"
        )
        return cls(frontmatter.join_front_matter(serial.dump_yaml(front), body.encode()))

    @property
    def data(self) -> bytes:
        """The file's bytes. Raises AtlasError when a change has made it what `PlanDocument` would refuse to read."""
        for fault in schema.schema_faults("plan", self.front):
            raise AtlasError(f"the plan would be invalid, {fault}")
        return frontmatter.join_front_matter(serial.dump_yaml(self.front), self._body)

    @property
    def modules(self) -> list[dict[str, Any]]:
        modules: list[dict[str, Any]] = self.front["modules"]
        return modules

    @property
    def complete(self) -> bool:
        return bool(self.front["plan_phase_complete"])

    @property
    def digest(self) -> str:
        """A checksum of what an approval is about: goal and modules."""
        value = json.dumps([self.front["goal"], self.modules], sort_keys=True)
        return sha256_hex(value)

    def module(self, module_id: str) -> dict[str, Any]:
        """The module with this id. Raises AtlasError when there is none."""
        for module in self.modules:
            if module["id"] == module_id:
                return module
        known = name_known(module_id, [module["id"] for module in self.modules], "there are")
        raise AtlasError(f"module {module_id[:80]!r} is not in the plan: {known}")

    def note(self, at: str, action: str, target: str, description: str) -> None:
        """Record a modification, and take back an approval that it makes stale."""
        self.front["modifications"].append(
            {"timestamp": at, "action": action, "target": target, "description": description}
        )
        self.front["status"], self.front["plan_phase_complete"] = "drafting", False

    def problems(self) -> list[str]:
        """What stands in the way of approval, a line each; none when the plan may be approved."""
        modules = self.modules
        found = [] if modules else ["the plan has no modules: add one with `atlas requirement add --name NAME`"]
        found += [f"{m['id']} has no acceptance criteria" for m in modules if not m["acceptance_criteria"]]
        found += [fault for module in modules for fault in _scope_faults(module)]
        needs = {module["id"]: module["dependencies"] for module in modules}
        found += [
            f"{module} depends on {needed!r}, which is not in the plan: {name_known(needed, needs, 'there are')}"
            for module, needed in graph.unknown_dependencies(needs)
        ]
        circle = graph.find_cycle(needs)
        if circle:
            found.append("dependencies go in a circle: " + " → ".join(circle))
        sections = self.front["requirements_sections"]
        found += [f"section {s['name']!r} is {s['status']}" for s in sections if s["status"] != "complete"]
        return found


def _scope_faults(module: dict[str, Any]) -> list[str]:
    """What is wrong with the scope of a module, which may have been written by hand."""
    found = []
    for path in module["scope"]:
        try:
            own_path(path, f"{module['id']}: scope")
        except AtlasError as error:
            found.append(str(error))
    return found
