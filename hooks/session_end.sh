# Sourced after role.sh when a session ends, which the client cuts short after about a second: says so to the store.
#
# With the argument `clear` the client goes on as another session, whose id nobody knows yet: the gate waits for it under
# the client's own number, and says in whose place it comes.

[ "$session" != / ] && [ -f "$ATLAS_GATE" ] || exit 0
umask 077
rm -f "$ATLAS_HOME/gates/waiters/$session"
if [ "$1" = clear ]; then
    {
        IFS= read -r mailbox
        printf '%s\n"after": "%s",\n' "$mailbox" "$session"
        cat
    } <"$ATLAS_GATE" >"$ATLAS_HOME/gates/sessions/client-$PPID"
else
    mkdir -p "$ATLAS_HOME/spool"
    printf '\n{"fact": "end", "at": "%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$ATLAS_HOME/spool/$session.jsonl"
fi
