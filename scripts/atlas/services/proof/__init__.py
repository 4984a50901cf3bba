"""Evidence that a module is done."""
