"""The server that messages go by, and the lead's own mailbox there."""

from __future__ import annotations

import os

from atlas.adapters.transport import choice
from atlas.adapters.transport.transport import Transport
from atlas.core import ids
from atlas.core.records.kinds import WORKFLOW
from atlas.services.project.context import Context
from atlas.services.project.settings import current_settings


def chosen_transport(context: Context) -> Transport:
    """The transport that new agents are reached by. Raises AtlasError when its address or its library is missing."""
    return transport_at(context.store.read(lambda tx: current_settings(tx)["transport_url"]))


def transport_at(url: str | None) -> Transport:
    """The transport where the settings have the address `url`. Raises AtlasError as `chosen_transport` does."""
    return choice.choose_transport(choice.configured_address(url))


def lead_mailbox(context: Context, by: Transport) -> str:
    """The address of the lead's own mailbox, made when it is not there yet. Its name stays the same."""
    workflow = context.store.read(lambda tx: tx.only(WORKFLOW))
    plan = workflow["plan_id"] if workflow else "plan"
    project = ids.make_slug(os.path.basename(context.project.root) or "project")[:32].strip("-")
    return by.register_lead(f"atlas-{project}-{plan.removeprefix('plan-')}", f"the lead of {plan}, by ATLAS")
