"""How messages reach agents: one interface, and what is behind it chosen by an address."""
