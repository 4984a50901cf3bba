"""Agents' sessions: starting them, keeping them going, watching and polling them."""
