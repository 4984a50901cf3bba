"""Pure decisions about time and turns."""
