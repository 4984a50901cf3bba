"""What a handoff document is made from: the records, and what git knows of the work."""

from __future__ import annotations

from atlas.adapters.git import git, refs, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.letters import handoff
from atlas.core.records.assignment import Assignment
from atlas.core.records.discovery import Discovery
from atlas.core.records.kinds import AGENT, ASSIGNMENT, DISCOVERY, MISSION, MODULE, WORKSPACE
from atlas.core.records.whole import whole_assignments, whole_modules
from atlas.core.records.workspace import Workspace
from atlas.core.rules import graph
from atlas.services.integration.branch import branch_of_workflow
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration_workflow
from atlas.services.project.workspace_paths import workspace_folder


def gather_facts(tx: Transaction, module_id: str, agent_id: str) -> tuple[handoff.Facts, Workspace | None, str]:
    """What the records know, the workspace of whoever had the module last, and the integration branch."""
    workflow, module, agent = orchestration_workflow(tx), tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
    mission, modules = tx.only(MISSION), {each["id"]: each for each in tx.all(MODULE)}
    assignments = tx.where(ASSIGNMENT, module=module_id)
    facts = handoff.Facts(
        goal=mission["goal"] if mission else "",
        module=whole_modules(tx, [module])[0],
        to=agent["id"],
        at=tx.at,
        needs=[(name, modules[name]["status"]) for name in module["dependencies"] if name in modules],
        needed_by=sorted(graph.direct_dependants(graph.dependency_graph(list(modules.values())), module_id)),
        assignments=whole_assignments(tx, assignments),
        discoveries=[d for d in tx.all(DISCOVERY) if _concerns_module(d, module_id)],
        branch=None,
    )
    return facts, _last_workspace(tx, assignments), branch_of_workflow(workflow)


def _concerns_module(discovery: Discovery, module_id: str) -> bool:
    return module_id in discovery["affects"] or any(one["module"] == module_id for one in discovery["recipients"])


def _last_workspace(tx: Transaction, assignments: list[Assignment]) -> Workspace | None:
    workspaces = {one["task_uuid"]: one for one in tx.all(WORKSPACE) if one["ready_at"]}
    return next((workspaces[a["task_uuid"]] for a in reversed(assignments) if a["task_uuid"] in workspaces), None)


def describe_work(context: Context, workspace: Workspace, integration: str) -> handoff.Branch:
    """What git knows of the work in a workspace. Where it knows nothing, the note says why."""
    root, name, note = context.project.root, workspace["branch"], ""
    tip = refs.find_commit(root, f"refs/heads/{name}")
    base = refs.find_commit(root, f"refs/heads/{integration}") or workspace["base_commit"]
    commits, diffstat, uncommitted = [], [], []
    if tip is None:
        note = f"the branch {name} is gone" + (f": it was saved in {workspace['saved']}" if workspace["saved"] else "")
    else:
        commits = git.run_git(root, "log", "--format=%h %an: %s", f"{base}..{tip}", "--").splitlines()
        diffstat = git.run_git(root, "diff", "--stat=100", f"{base}...{tip}", "--").splitlines()
    if workspace["removed_at"] is None:
        try:
            found = tree_status.read_status(workspace_folder(context.project, workspace))
            uncommitted = [*found.changed, *found.new]
        except AtlasError as error:
            note = note or str(error)
    return handoff.Branch(name, tip or "", commits, diffstat, uncommitted, workspace["conflicts"], note)
