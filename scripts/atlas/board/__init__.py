"""What people look at: the status and its text."""
