"""Clones of proofs in which something could not be removed, as the doctor says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.git import checkout_pool
from atlas.core.errors import AtlasError

from .findings import warning

if TYPE_CHECKING:
    from atlas.core.paths import Project
    from atlas.core.results.doctor import Finding


def clone_findings(project: Project) -> Iterator[Finding]:
    """A finding for each slot that was set aside because something in it stayed."""
    try:
        aside = checkout_pool.slots_set_aside(checkout_pool.pool_folder(project.common, project.root))
    except AtlasError:  # there is no place for clones: a proof says so
        return
    for path in aside:
        what = f"{path} was set aside: a check left something in it that cannot be removed"
        yield warning("clones", what, "see what is mounted or protected there, and remove it yourself")
