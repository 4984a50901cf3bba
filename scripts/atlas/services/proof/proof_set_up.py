"""Making a proof's clone fit for its checks, by the project's set-up command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.system import checks

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout

    from .conditions import Conditions


def set_up_clone(checkout: Checkout, conditions: Conditions) -> str | None:
    """Run the set-up in a clone, if there is one. Returns why checks could not run after it, None when they can."""
    if conditions.set_up is None:
        return None
    limits = conditions.limits._replace(seconds=conditions.set_up_seconds)
    ran = checks.run_check(conditions.set_up, checkout.folder, limits, conditions.environment, checkout.mark)
    if ran["exit_code"] != 0:
        last = (ran["output_tail"].strip().splitlines() or ["no output"])[-1]
        return f"the set-up command {conditions.set_up[:200]!r} did not succeed: {last[:300]}"
    changed = checkout.changes()
    if changed:
        return f"the set-up command {conditions.set_up[:200]!r} changed {changed[0]}, which git tracks"
    return None
