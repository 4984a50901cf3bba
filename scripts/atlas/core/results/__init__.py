"""The result of each verb, as services return it, `render/` words it and `--json` prints it: one file a family.

What a verb answers is the type that the `run` of its module in `cli/` is declared to hand back. `schemas/results/` is
made from these types.
"""

VERSION = 1
"""The version of everything that `--json` prints, and of the schemas of results."""
