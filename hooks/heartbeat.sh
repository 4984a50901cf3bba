# Sourced after role.sh by what comes before a tool call: leaves a trace, the age of a file, that the hook was there.
# A session that came by its role after it had begun has its client noted, too.

beat() {
    # Not `:`, after which a redirection that fails ends the shell.
    case $1 in */) ;; *) true 2>/dev/null >"$ATLAS_HOME/gates/heartbeats/$1" ;; esac
}
beat "$session"
beat "workspace-$workspace"
[ -e "$ATLAS_HOME/gates/clients/$PPID" ] || . "$hooks/client.sh"
