"""How messages reach agents."""
