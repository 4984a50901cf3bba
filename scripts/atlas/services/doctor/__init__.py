"""Looks at everything, says what is wrong, and mends what can be mended."""
