"""Measurements, each a ratio to a baseline of the same run, printed by `make bench` beside the mark to be reached."""
