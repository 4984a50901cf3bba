"""Spools: facts that hooks leave for the store, one file a session, one JSON line a fact.

A hook appends and never reads; a transaction folds in what stands after the offset kept in the session's record,
so a fact counts once whoever is killed in between. Hooks have their own way to write it (`hooks/bare.py`).
"""

from __future__ import annotations

import json
import os
from typing import Any

Fact = dict[str, Any]


def spool_sizes(folder: str) -> dict[str, int]:
    """Bytes spooled so far, by session."""
    try:
        with os.scandir(folder) as found:
            return {e.name[:-6]: e.stat().st_size for e in found if e.name.endswith(".jsonl") and e.is_file()}
    except FileNotFoundError:
        return {}


def read_facts(folder: str, session: str, offset: int) -> tuple[list[Fact], int]:
    """The facts after `offset` and the offset behind the last complete line. A damaged line is passed over."""
    with open(os.path.join(folder, f"{session}.jsonl"), "rb") as file:
        file.seek(offset)
        data = file.read()
    end = data.rfind(b"\n") + 1
    facts = []
    for line in data[:end].splitlines():
        try:
            fact = json.loads(line)
        except ValueError:
            continue
        if isinstance(fact, dict):
            facts.append(fact)
    return facts, offset + end
