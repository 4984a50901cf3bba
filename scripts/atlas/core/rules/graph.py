"""Dependencies between modules: what is ready, what blocks, what is circular, what takes longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from atlas.core.records.plan import PRIORITIES, Module

Graph = Mapping[str, Sequence[str]]
"""For each module id the ids that it depends on."""


def dependency_graph(modules: Iterable[Module]) -> dict[str, list[str]]:
    """The dependencies of records."""
    return {module["id"]: module["dependencies"] for module in modules}


def unknown_dependencies(graph: Graph) -> list[tuple[str, str]]:
    """(module, dependency) for every dependency that is no module."""
    return [(module, needed) for module, needs in graph.items() for needed in needs if needed not in graph]


def find_cycle(graph: Graph) -> list[str] | None:
    """One circle of dependencies, first module repeated at the end, or None. Unknown ids are passed over."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        on_path: set[str] = set()
        stack = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.pop()
                on_path.discard(node)
                done.add(node)
            elif node in on_path:
                return [*path[path.index(node) :], node]
            elif node not in done:
                path.append(node)
                on_path.add(node)
                stack.append((node, True))
                stack.extend((needed, False) for needed in graph[node] if needed in graph)
    return None


def open_dependencies(module: Module, complete: set[str]) -> list[str]:
    """The dependencies of a module that are not complete."""
    return [needed for needed in module["dependencies"] if needed not in complete]


def ready_modules(modules: Sequence[Module]) -> list[Module]:
    """Pending modules whose dependencies are all complete, most urgent first, then in the order of the plan."""
    complete = {module["id"] for module in modules if module["status"] == "complete"}
    return unblocked_modules([module for module in modules if module["status"] == "pending"], complete)


def unblocked_modules(pending: Sequence[Module], complete: set[str]) -> list[Module]:
    """Those of the pending modules whose dependencies are all complete, in the same order as `ready_modules`."""
    free = [module for module in pending if not open_dependencies(module, complete)]
    return sorted(free, key=lambda module: PRIORITIES.index(module["priority"]))


def critical_path(modules: Sequence[Module]) -> list[str]:
    """The longest chain of modules that are not complete, each depending on the one before."""
    graph = dependency_graph(modules)
    rest = {module["id"] for module in modules if module["status"] != "complete"}
    length: dict[str, int] = {}
    before: dict[str, str | None] = {}
    for node in _dependencies_first(graph):
        if node in rest:
            before[node] = max((n for n in graph[node] if n in length), key=length.__getitem__, default=None)
            length[node] = 1 + length.get(before[node] or "", 0)
    path: list[str] = []
    last = max(length, key=length.__getitem__, default=None)
    while last is not None:
        path.append(last)
        last = before[last]
    return path[::-1]


def direct_dependants(graph: Graph, module: str) -> list[str]:
    """The modules that name `module` as a dependency."""
    return [other for other, needs in graph.items() if module in needs]


def with_dependants(graph: Graph, modules: Iterable[str]) -> set[str]:
    """These modules, and every one that depends on one of them, directly or by way of others."""
    found = set(modules)
    for module in _dependencies_first(graph):
        if not found.isdisjoint(graph[module]):
            found.add(module)
    return found


def _dependencies_first(graph: Graph) -> list[str]:
    """Every module after all that it depends on."""
    order: list[str] = []
    seen: set[str] = set()
    for start in graph:
        stack = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((needed, False) for needed in graph[node] if needed in graph and needed not in seen)
    return order
