# Sourced by role.sh where there is an orchestration whose gates are gone: when the session has a role by what else is
# there, names a gate that cannot be read, so that the person is asked about its calls.

[ "$workspace" != / ] && [ -e "$folder/.claude/WORKER_CONTEXT.json" ] && ATLAS_GATE=$ATLAS_HOME/gates
state=${git%/*}/.claude/WORKFLOW_STATE.json
if [ -z "$ATLAS_GATE" ] && [ -f "$state" ]; then
    while IFS= read -r line; do
        case $line in *"\"lead\": \"$session\""*) ATLAS_GATE=$ATLAS_HOME/gates ;; esac
    done <"$state"
fi
