"""Workspaces: making them, what lies in them, removing them."""
