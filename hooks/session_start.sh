# Sourced when a session begins: tells one that has a role what it is. With the argument `clear` it comes in the place of
# another session of the same client, and takes its gate (see session_end.sh).

export ATLAS_CLIENT=$PPID
session_begins=
if [ "$1" = clear ]; then
    left=$(CLAUDE_CODE_SESSION_ID=client-$PPID; . "$hooks/role.sh"; printf %s "$ATLAS_GATE")
    case $CLAUDE_CODE_SESSION_ID:$left in
        *[!a-z0-9-]*:* | :*) ;;
        *"/gates/sessions/client-$PPID") mv "$left" "${left%/*}/$CLAUDE_CODE_SESSION_ID" ;;
    esac
fi
session_begins=1
. "$hooks/role.sh"
set -- session
. "$hooks/run.sh"
