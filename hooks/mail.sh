# Sourced after role.sh: sets `mail` when there are unread messages for this session, or for a subagent that the lead has
# in it. Starts no process.

mail='' mailbox=/
[ ! -f "$ATLAS_GATE" ] || IFS='"' read -r _ _ _ mailbox _ 2>/dev/null <"$ATLAS_GATE"
[ -f "$ATLAS_HOME/mail/$mailbox" ] || [ -f "$ATLAS_HOME/mail/$mailbox.subagents" ] && mail=yes
