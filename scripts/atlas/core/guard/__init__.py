"""May this tool call go ahead: read in hooks, so its modules import next to nothing."""
