"""The verbs: each takes a Context and plain arguments, returns a JSON-ready result, and never prints."""
