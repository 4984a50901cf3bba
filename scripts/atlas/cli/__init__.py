"""The command line: one module a verb, each with `configure(parser)` and `run(args)`."""
