"""Files that hooks and people look at, derived from the records at every commit."""
