"""Making a proof's clone fit for its checks, by the project's set-up command or by what it made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.system import checks
from atlas.services.set_ups.editable_installs import foreign_install
from atlas.services.set_ups.kept_copies import KeptSetUps
from atlas.services.set_ups.names import SetUpNames, name_set_up

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout

    from .conditions import Conditions


def set_up_clone(checkout: Checkout, conditions: Conditions) -> str | None:
    """Run the set-up in a clone, or copy there what it made before; nothing is ever linked.

    Returns why checks could not run after it, None when they can. Raises AtlasError when the clone cannot be made anew.
    """
    problem = None if conditions.set_up is None else _set_up(checkout, conditions, conditions.set_up)
    return problem or foreign_install(checkout, conditions.environment)


def _set_up(checkout: Checkout, conditions: Conditions, command: str) -> str | None:
    kept = KeptSetUps(f"{checkout.slot}.set-ups")
    names = name_set_up(checkout, command, conditions.environment)
    if names is not None and not conditions.fresh and _put_back(checkout, kept, names):
        return None
    problem = _run_set_up(checkout, conditions, command)
    if problem is None and names is not None:
        made = checkout.made()
        kept.keep(names.name_for(made), checkout.folder, made)
    return problem


def _put_back(checkout: Checkout, kept: KeptSetUps, names: SetUpNames) -> bool:
    """Copy what was kept; when that is not whole, the clone is as it was before."""
    name = next((one for one in names if one and kept.has(one)), None)
    if name is None:
        return False
    if kept.put_back(name, checkout.folder) and not checkout.changes():
        return True
    kept.drop(name)
    checkout.renew()
    return False


def _run_set_up(checkout: Checkout, conditions: Conditions, command: str) -> str | None:
    limits = conditions.limits._replace(seconds=conditions.set_up_seconds)
    ran = checks.run_check(command, checkout.folder, limits, conditions.environment, checkout.mark)
    if ran["exit_code"] != 0:
        stopped = ran.get("stopped")
        last = (ran["output_tail"].strip().splitlines() or ["it printed nothing"])[-1]
        how = f"was stopped at its limit of {stopped}" if stopped else f"ended with exit code {ran['exit_code']}"
        return f"the set-up command {command[:200]!r} {how}: {last[:300]}"
    changed = checkout.changes()
    if changed:
        return f"the set-up command {command[:200]!r} left {changed[0]} changed, which git tracks"
    return None
