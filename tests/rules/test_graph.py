"""Dependencies, against a search that tries everything; and the one table of status changes."""

from __future__ import annotations

import itertools
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.core.errors import AtlasError
from atlas.core.records.plan import PRIORITIES, Module
from atlas.core.records.transitions import LIVE, TRANSITIONS, check_transition
from atlas.core.rules import graph

NODES = "abcdef"
GRAPHS = st.fixed_dictionaries({node: st.lists(st.sampled_from(NODES), max_size=3, unique=True) for node in NODES})
ACYCLIC = st.fixed_dictionaries(
    {
        node: st.lists(st.sampled_from(NODES[:at]), max_size=3, unique=True) if at else st.just([])
        for at, node in enumerate(NODES)
    }
)


def paths(needs: dict[str, list[str]], start: str, most: int) -> list[list[str]]:
    """Every walk along dependencies from `start`, of at most so many steps."""
    found, ends = [[start]], [[start]]
    for _ in range(most):
        ends = [[*walk, needed] for walk in ends for needed in needs[walk[-1]] if needed in needs]
        found += ends
    return found


@given(GRAPHS)
def test_a_circle_is_found_where_there_is_one(needs: dict[str, list[str]]) -> None:
    circle = graph.find_cycle(needs)
    exists = any(walk[-1] == start for start in needs for walk in paths(needs, start, len(NODES))[1:])
    assert (circle is not None) == exists
    if circle:
        assert circle[0] == circle[-1]
        assert len(circle) > 1
        assert all(needed in needs[node] for node, needed in itertools.pairwise(circle))


def modules_of(needs: dict[str, list[str]], complete: set[str], urgency: dict[str, str]) -> list[Module]:
    records: list[dict[str, Any]] = [
        {
            "id": node,
            "dependencies": needs[node],
            "status": "complete" if node in complete else "pending",
            "priority": urgency[node],
        }
        for node in needs
    ]
    return cast("list[Module]", records)


@given(
    ACYCLIC,
    st.sets(st.sampled_from(NODES)),
    st.fixed_dictionaries({node: st.sampled_from(PRIORITIES) for node in NODES}),
)
def test_what_is_ready_and_what_takes_longest(
    needs: dict[str, list[str]], complete: set[str], urgency: dict[str, str]
) -> None:
    modules = modules_of(needs, complete, urgency)
    ready = [module["id"] for module in graph.ready_modules(modules)]
    assert set(ready) == {n for n in NODES if n not in complete and complete.issuperset(needs[n])}
    assert ready == sorted(ready, key=lambda node: (PRIORITIES.index(urgency[node]), list(needs).index(node)))

    path = graph.critical_path(modules)
    open_walks = [w for start in NODES for w in paths(needs, start, len(NODES)) if complete.isdisjoint(w)]
    assert len(path) == max((len(walk) for walk in open_walks), default=0)
    assert path == [] or path[::-1] in open_walks


@given(GRAPHS, st.sampled_from(NODES))
def test_unknown_ones_and_dependants(needs: dict[str, list[str]], gone: str) -> None:
    rest = {node: needed for node, needed in needs.items() if node != gone}
    assert graph.unknown_dependencies(rest) == [(node, gone) for node, needed in rest.items() if gone in needed]
    assert graph.direct_dependants(needs, gone) == [node for node in needs if gone in needs[node]]
    assert graph.find_cycle(rest) is None or gone not in (graph.find_cycle(rest) or [])


def test_the_longest_chain_of_a_thousand_needs_no_deep_calls() -> None:
    needs = {f"m{n}": [f"m{n - 1}"] if n else [] for n in range(3000)}
    modules = modules_of(needs, set(), dict.fromkeys(needs, "low"))
    assert graph.critical_path(modules) == list(needs)
    assert graph.find_cycle(needs) is None


STATUSES = {
    kind: sorted({*table, *(to for after in table.values() for to in after)}) for kind, table in TRANSITIONS.items()
}


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_exactly_the_changes_in_the_table_are_legal(kind: str) -> None:
    for old, new in itertools.product([*STATUSES[kind], "nonsense"], repeat=2):
        legal = old == new or new in TRANSITIONS[kind].get(old, ())
        if legal:
            check_transition(kind, "key", old, new)
        else:
            change = f"{old or 'nothing'} → {new or 'removed'}"
            with pytest.raises(AtlasError, match=rf"^{kind} key: {change} is not a legal"):
                check_transition(kind, "key", old, new)


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_every_status_can_be_reached_and_left(kind: str) -> None:
    """Nothing is a dead end: each record can be made, and in the end be removed for the next orchestration."""
    table = TRANSITIONS[kind]
    assert set(STATUSES[kind]) == set(table), "a status that is gone to but has no line of its own"
    for forward in (table, {to: [old for old in table if to in table[old]] for to in STATUSES[kind]}):
        reached, ends = {""}, [""]
        while ends:
            ends = [to for end in ends for to in forward[end] if to not in reached]
            reached.update(ends)
        assert reached == set(table)


def test_what_ends_does_not_live_on() -> None:
    """Finished work is never taken up again: it only makes way for the next orchestration."""
    assert TRANSITIONS["module"]["complete"] == TRANSITIONS["workflow"]["complete"] == ("",)
    assert TRANSITIONS["assignment"]["complete"] == TRANSITIONS["assignment"]["released"] == ("",)
    assert set(TRANSITIONS["assignment"]) == {"", "complete", "released", *LIVE}
