"""Pure parts: standard library only, no effect outside the arguments."""
