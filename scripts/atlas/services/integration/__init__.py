"""The integration branch, and what would conflict on it."""
