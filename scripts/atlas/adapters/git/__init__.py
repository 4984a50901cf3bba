"""Git: plumbing, merging in memory, worktrees."""
