# Sourced by hook commands: ends the shell, silently, unless this session has a role here. Starts no process.
#
# Sets ATLAS_HOME, ATLAS's folder in git's common directory; ATLAS_GATE, the file of what this session may do: that of
# the session itself, or else of the workspace that it began or, failing that, is in; and ATLAS_WAITING, the interrupt
# file of that workspace, if there is one. Where `session_begins` is set, the client is noted on the way, role or no role.

session=${CLAUDE_CODE_SESSION_ID:-/}
case $session in *[!a-z0-9-]*) session=/ ;; esac
for folder in "${CLAUDE_PROJECT_DIR:-$PWD}" "$PWD"; do
    while [ ! -e "$folder/.git" ] && [ "$folder" != "${folder%/*}" ]; do folder=${folder%/*}; done
    git=$folder/.git
    if [ -f "$git" ]; then
        read -r _ git <"$git"
        case $git in /*) ;; *) git=$folder/$git ;; esac
        git=${git%/worktrees/*}
    fi
    ATLAS_HOME=$git/atlas workspace=/
    [ -z "$session_begins" ] || . "$hooks/client.sh"
    case $folder in */.claude/worktrees/* | */.claude/workspaces/*) workspace=${folder##*/} ;; esac
    for ATLAS_GATE in "$ATLAS_HOME/gates/sessions/$session" "$ATLAS_HOME/gates/workspaces/$workspace"; do
        case $ATLAS_GATE in */) ;; *) [ -e "$ATLAS_GATE" ] && break 2 ;; esac
    done
    ATLAS_GATE=
    [ -d "$ATLAS_HOME/gates" ] || [ ! -s "$ATLAS_HOME/history.jsonl" ] || . "$hooks/lost_gates.sh"
    [ -z "$ATLAS_GATE" ] || break
done
[ -n "$ATLAS_GATE" ] || exit 0
ATLAS_WAITING=$folder/.INTERRUPT
[ "$workspace" != / ] && [ -e "$ATLAS_WAITING" ] || ATLAS_WAITING=
export ATLAS_HOME ATLAS_GATE ATLAS_WAITING
