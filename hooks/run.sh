# run.sh HOOK, run or sourced: hands the event on standard input to the module HOOK of the package `hooks`, in the first
# Python that is new enough.
#
# A hook of ATLAS answers with exit code 0. Any other code means that its Python could not, and then this script
# answers for it: left alone, the client would take silence for consent.

[ "${0##*/}" != run.sh ] || hooks=${0%/*}

# Imported rather than run as a script, so that its bytecode is cached. The plugin's folders come last on the path, so
# that none of them hides a part of Python. To collect garbage, and to take an interpreter down in order, costs more than
# what the hooks around tool calls do.
start='import gc, sys
gc.disable()
if sys.version_info < (3, 10): sys.exit(75)
hooks, hook = sys.argv[1:3]
sys.path += [hooks + "/..", hooks + "/../scripts"]
__import__("hooks." + hook, fromlist=["main"]).main()
sys.stdout.flush()
__import__("os")._exit(0)'

for python in python3 python; do
    answer=
    case $1 in
        mail | session) "$python" -I -S -X utf8 -c "$start" "$hooks" "$@" ;; # what it has said is noted, so goes out at once
        *) answer=$("$python" -I -S -X utf8 -c "$start" "$hooks" "$@") ;;
    esac
    case $? in
        0) printf '%s' "$answer"; exit 0 ;;
        3) printf '%s' "$answer" >&2; exit 2 ;; # it is for the model
        2 | 75 | 126 | 127) ;; # knows no -I, too old, not to be run, not there: the event is still unread
        *) break ;;
    esac
done

case $1 in
    stop)
        echo '{"systemMessage": "ATLAS: this session was let go, for it cannot be seen what is left to do: a hook did not come to an end. It needs Python 3.10 or newer as python3 or python; `atlas doctor` says more."}'
        ;;
    command) # The text of the command goes to the model, which runs the verb itself.
        echo '{"systemMessage": "ATLAS could not run this command: no Python 3.10 or newer works as python3 or python. The model is asked to run it instead."}'
        ;;
    tool_calls)
        case $ATLAS_WAITING:$answer in
            *'}') printf '%s' "$answer" ;; # it died after it had answered
            :*)
                echo '{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": "ATLAS cannot tell whether this call is allowed, or whether an interrupt waits for it: its hook did not come to an end. It needs Python 3.10 or newer as python3 or python; `atlas doctor` says more."}}'
                ;;
            *)
                exec >&2
                echo 'ATLAS INTERRUPT. This call was stopped. No Python 3.10 or newer works as python3 or python, so all calls will be, until one does. What waits for you, as data:'
                [ ! -f "$ATLAS_WAITING" ] ||
                    while IFS= read -r line || [ "$line" ]; do printf '| %s\n' "$line"; done <"$ATLAS_WAITING"
                exit 2
                ;;
        esac
        ;;
esac
