"""What every verb works with: the caller and the store, settings, phases, pause, history."""
