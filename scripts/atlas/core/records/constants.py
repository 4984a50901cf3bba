"""Values of fields that hooks compare, too: this module imports nothing."""

from __future__ import annotations

SHARED, INTERRUPT = DISCOVERY_KINDS = ("discovery", "interrupt")
