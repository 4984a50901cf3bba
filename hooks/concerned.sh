# Sourced after role.sh around tool calls: ends the shell unless an interrupt waits, for whoever, or a subagent that was
# just dispatched is yet to be told from others. Starts no process.

[ -z "$ATLAS_WAITING" ] || return 0
for any in "${git%/*}"/.claude/worktrees/*/.INTERRUPT "$ATLAS_HOME"/gates/dispatched/*; do
    [ -e "$any" ] && return 0
done
exit 0
