"""What an agent is told whose module another one gets."""

from __future__ import annotations

from atlas.core.records.plan import Module


def stop_body(module: Module) -> str:
    """Tells an agent that its module is another's now."""
    return f"Module {module['id']} has been given to another agent. Stop working on it and leave its files as they are."


def take_away_body(module: Module) -> str:
    """What an agent is told whose module another one gets, with the work that there is."""
    return (
        f"Module {module['id']} is being given to another agent. Stop now: end your turn, change nothing more. ATLAS "
        "commits what is there to your branch."
    )


def keep_body(module: Module) -> str:
    """Tells an agent that its module stays its own after all."""
    return f"Module {module['id']} stays yours after all. Go on where you were."
