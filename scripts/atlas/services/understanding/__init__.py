"""Whether an agent has understood its task, and each change of it."""
