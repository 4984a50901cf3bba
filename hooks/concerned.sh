# Sourced by the commands around tool calls: ends the shell, silently, unless the session is concerned. Starts no process.
#
# It is when an interrupt waits in the workspace it is in, whose file is then named by ATLAS_WAITING, or, for a session
# with a role, in any workspace. Every other session pays for these few tests, and no more.

for folder in "$PWD" "${CLAUDE_PROJECT_DIR:-$PWD}"; do
    while [ ! -e "$folder/.git" ] && [ "$folder" != "${folder%/*}" ]; do folder=${folder%/*}; done
    export ATLAS_WAITING="$folder/.INTERRUPT"
    case $folder in */.claude/worktrees/* | */.claude/workspaces/*) [ -e "$ATLAS_WAITING" ] && return ;; esac
done

export ATLAS_WAITING=
git=$folder/.git
if [ -f "$git" ]; then
    read -r _ git <"$git"
    case $git in /*) ;; *) git=$folder/$git ;; esac
    git=${git%/worktrees/*}
fi
[ -e "$git/atlas/roles/${CLAUDE_CODE_SESSION_ID:-/}" ] || exit 0
for any in "${git%/*}"/.claude/worktrees/*/.INTERRUPT; do
    [ -e "$any" ] && return
done
exit 0
