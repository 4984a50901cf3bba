"""The plan, and the document that it is kept in."""
