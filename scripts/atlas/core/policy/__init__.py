"""Decisions as pure functions of records: no clock, no files, no output."""
