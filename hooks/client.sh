# Sourced when a session begins in a project with an orchestration, and when it has come by a role there: notes which
# process its client is and when that was born, in the words of `process_birth` (scripts/atlas/adapters/system/process.py).
# What only a person decides is refused to whatever runs below it, also after the session's end.

note_client() {
    birth=
    {
        if read -r birth <"/proc/$PPID/stat"; then
            read -r boot </proc/sys/kernel/random/boot_id || boot=boot
            set -- ${birth##*) } # from the third field on, so that the 22nd is the 20th
            birth=$boot-${20}
        else
            birth=$(ps -o lstart= -p "$PPID") && set -- $birth && birth=$*
        fi
    } 2>/dev/null
    [ -n "$birth" ] || return 0
    umask 077 # for the rest of the hook, too, which writes nothing that others should read
    { [ -d "$clients" ] || mkdir -p "$clients"; } 2>/dev/null
    { printf '%s\n' "$birth" >"$clients/$PPID"; } 2>/dev/null
}

clients=$ATLAS_HOME/gates/clients
if [ -d "$ATLAS_HOME/gates" ] && [ "$PPID" -gt 1 ]; then # 1: the client has ended, and all else is below that
    note_client
    for file in "$clients"/*; do
        [ -d "/proc/${file##*/}" ] || kill -0 "${file##*/}" 2>/dev/null || rm -f "$file" # it has ended
    done
fi
