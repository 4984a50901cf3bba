"""What lies outside the tables and follows from them: the files that hooks look at.

In each workspace `.INTERRUPT`, what is still to be delivered there; in ATLAS's folder the role views of all who
have a role (`role_views`) and their unread messages (`mail_files`).
"""

from __future__ import annotations

from collections.abc import Callable

from atlas.adapters.store.transaction import Transaction
from atlas.core.paths import Project

from . import interrupt_files, mail_files, role_views


def prepare_projections(project: Project, tx: Transaction) -> Callable[[], list[str]]:
    """Read what those files should hold; calling the result makes them so.

    The result, called with the store's lock held, raises nothing: it returns a line for each file that it could not
    write. A workspace that is not there is passed over. A transaction without changes stands for the whole state.
    """

    def touches(*kinds: str) -> bool:
        return not tx.changes or not tx.changes.keys().isdisjoint(kinds)

    waiting = interrupt_files.waiting_interrupts(tx)
    folders = interrupt_files.folders_of_workspaces(tx, list(waiting), everywhere=touches("discovery", "workspace"))
    views = role_views.view_contents(project, tx)
    mail = mail_files.mail_contents(tx) if touches("message", "workspace") else None

    def apply() -> list[str]:
        troubles = [
            interrupt_files.put_interrupts(project, name, path, waiting.get(name, [])) for name, path in folders.items()
        ]
        troubles += role_views.put_views(role_views.views_folder(project), views)
        if mail is not None:
            troubles.append(mail_files.put_mail(mail_files.mail_folder(project), mail))
        return [trouble for trouble in troubles if trouble is not None]

    return apply
