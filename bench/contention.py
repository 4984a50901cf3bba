"""Eight writers at once: how long each waits for the lock, and whether anybody starves."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from .marks import Figure
from .project import make_project

WRITERS, COMMITS = 8, 50


def measure(folder: Path) -> Iterator[Figure]:
    """The 99th percentile of waiting against its median, and the slowest writer against the quickest."""
    project = make_project(folder / "contention", 100)
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(WRITERS)
    results: Any = spawn.Queue()
    writers = [spawn.Process(target=_write, args=(str(project), n, barrier, results)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    gathered = [results.get(timeout=300) for _ in writers]
    for writer in writers:
        writer.join()
    waits = sorted(wait for each, _ in gathered for wait in each)
    totals = [total for _, total in gathered]
    p99 = waits[int(len(waits) * 0.99)]
    yield Figure(f"{WRITERS} writers: p99 of waiting / median", p99 / median(waits), 10.0)
    yield Figure(f"{WRITERS} writers: slowest / quickest", max(totals) / min(totals), 1.5)


def _write(project: str, number: int, barrier: Any, results: Any) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
    from atlas.adapters.store import file_store, lock
    from atlas.app import context_at
    from atlas.services.assignments import agents

    waits: list[float] = []
    lock_store = lock.lock_store

    @contextlib.contextmanager
    def timed(folder: str) -> Iterator[None]:
        asked = time.perf_counter()
        with lock_store(folder):
            waits.append(time.perf_counter() - asked)
            yield

    file_store.lock_store = timed  # type: ignore[attr-defined, assignment]
    context = context_at(project)
    barrier.wait()
    began = time.perf_counter()
    for turn in range(COMMITS):
        agents.register_agent(context, "ai", f"writer-{number}-{turn}")
    results.put((waits, time.perf_counter() - began))
