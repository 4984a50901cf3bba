"""Agents and people, and who has which module."""
