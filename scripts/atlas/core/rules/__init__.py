"""Pure decisions over records."""
