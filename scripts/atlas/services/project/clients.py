"""Whether a model calls, or a person: hooks note each client of a project, and who runs below one is no person.

A slash command runs below its client, too. So the hook that runs it leaves a token of one use, which the verb uses up;
a client that was itself started below another one of the project speaks for no person, whatever is typed in it. This is
a guard against a model's shortcuts, not against malice: a process can leave those above it behind, and whoever may run
commands as this user can write these files.
"""

from __future__ import annotations

import os

from atlas.adapters.system import disk, process
from atlas.core.ids import is_slug
from atlas.core.paths import Project


def is_called_by_client(project: Project, token: str | None) -> bool:
    """Whether this process runs below a client that hooks have noted in the project, and no person typed its command.

    `token` is what the hook of slash commands has passed on, or None. Where the system does not tell what runs below
    what, nobody is taken for a client.
    """
    typed = _use_up(project, token)
    folder = os.path.join(project.private, "gates", "clients")
    above = [pid for pid in process.list_ancestors() if _is_noted(folder, pid)] if os.path.isdir(folder) else []
    return len(above) > typed


def _is_noted(folder: str, pid: int) -> bool:
    """Whether this very process is one of the clients; a file may be left of an earlier one with its number."""
    born = (disk.read_bytes(os.path.join(folder, str(pid))) or b"").decode(errors="replace").strip()
    return bool(born) and process.is_alive(pid, born)


def _use_up(project: Project, token: str | None) -> bool:
    """Take the token away. Whether it was there."""
    if token is None or not is_slug(token):
        return False
    try:
        os.unlink(os.path.join(project.private, "gates", "typed", token))
    except OSError:
        return False
    return True
