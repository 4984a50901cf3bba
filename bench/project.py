"""A project with many modules, made through the same services that the commands use."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from atlas.services.orchestration import assigning, starting
from atlas.services.plan import approval, beginning

FIELDS: dict[str, Any] = {
    "description": "What this module is to do, in a sentence or two of ordinary length, as people write them.",
    "priority": "medium",
    "status": "pending",
    "acceptance_criteria": ["it does what the description says", "it is covered by tests"],
    "checks": ["make test"],
}
LEAD = "bench-lead"


def make_project(folder: Path, size: int) -> Path:
    """A git repository with a started orchestration of `size` modules, a lead and two agents.

    Of a single module, m0 has been assigned.
    """
    from atlas.app import context_at
    from atlas.services.assignments import agents
    from atlas.services.plan.document import PlanDocument

    folder.mkdir(parents=True)
    repository = folder / "project"
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    context = context_at(str(repository), LEAD)
    beginning.start_plan(context, "measure")

    def fill(tx: Any, actor: Any) -> None:
        document = PlanDocument(tx.plan)
        for number in range(size):
            module = {"id": f"m{number}", "name": f"Module number {number}", "dependencies": [], **FIELDS}
            document.modules.append(module)
        tx.put_plan(document.data)

    context.transact("requirement", fill)
    approval.approve_plan(context)
    starting.start_workflow(context)
    for name in ("one", "two"):
        agents.register_agent(context, "ai", name)
    if size == 1:
        assigning.dispatch_module(context, "m0", "implementer-2", workspace=False)
    return repository
