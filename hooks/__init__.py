"""What the client runs at an event: `run.sh` starts a module here, and each has a `main` that answers one event.

`bare` has the plumbing. Hooks stand in the way of every tool call and of every turn's end, so what they import costs
next to nothing: no `typing`, `re`, `enum` or `json`, and nothing of ATLAS but its core.
"""
