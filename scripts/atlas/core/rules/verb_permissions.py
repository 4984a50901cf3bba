"""Role × verb, as the table of verbs has it.

It guards against a model's shortcuts; it is no sandbox against malice: whoever may run commands as this user can
change the files behind the store.
"""

from __future__ import annotations

from atlas.core.verbs import ANYONE, ATLAS, FORMS, LEAD, PERSON, VERBS, WORKER, roles_of

ALLOWED: dict[str, frozenset[str]] = {
    role: frozenset(name for name in (*VERBS, *FORMS) if role in (roles_of(name) or ())) for role in (*ANYONE, ATLAS)
}
"""What each role may use: verbs, and forms of verbs that have roles of their own."""
READING = frozenset(verb.name for verb in VERBS.values() if verb.reports)
WORKING = ALLOWED[WORKER] - READING
LEADING = ALLOWED[LEAD] - ALLOWED[WORKER]
DECIDING = ALLOWED[PERSON] - ALLOWED[LEAD]
