"""Role × verb, as the table of verbs has it. It imports nothing else, because hooks read it on every call.

It guards against a model's shortcuts; it is no sandbox against malice: whoever may run commands as this user can
change the files behind the store.
"""

from __future__ import annotations

from atlas.core.verbs import ANYONE, INTERNAL, LEAD, PERSON, VERBS, WORKER

ALLOWED: dict[str, frozenset[str]] = {
    role: frozenset(
        name
        for verb in VERBS.values()
        for name, roles in ((verb.name, verb.roles), *verb.forms)
        if roles is not None and role in roles
    )
    for role in ANYONE
}
"""What each role may use: verbs, and forms of verbs that have roles of their own."""
READING = frozenset(verb.name for verb in VERBS.values() if verb.reports)
WORKING = ALLOWED[WORKER] - READING
LEADING = ALLOWED[LEAD] - ALLOWED[WORKER]
DECIDING = ALLOWED[PERSON] - ALLOWED[LEAD]
STARTED_BY_ATLAS = frozenset(verb.name for verb in VERBS.values() if verb.roles == INTERNAL)
