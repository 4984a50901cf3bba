#!/bin/sh
# run.sh HOOK [EVENT]: hands the event on standard input to HOOK.py, in the first Python that is new enough.
#
# A hook of ATLAS answers with exit code 0. Any other code means that its Python could not, and then this script
# answers for it: left alone, the client would take silence for consent.

# Imported rather than run as a script, so that its bytecode is cached.
start='import sys
if sys.version_info < (3, 10): sys.exit(75)
hooks, hook = sys.argv[1:]
sys.path[:0] = [hooks, hooks + "/../scripts"]
__import__(hook).main()'

for python in python3 python; do
    answer=$("$python" -I -S -X utf8 -c "$start" "${0%/*}" "$1")
    case $? in
        0) printf '%s' "$answer"; exit 0 ;;
        2 | 75 | 126 | 127) ;; # knows no -I, too old, not to be run, not there: the event is still unread
        *) break ;;
    esac
done

case $1 in
    command) # The text of the command goes to the model, which runs the verb itself.
        echo '{"systemMessage": "ATLAS could not run this command: no Python 3.10 or newer works as python3 or python. The model is asked to run it instead."}'
        ;;
    tool_calls)
        case $2:$ATLAS_WAITING:$answer in
            PostToolBatch:*) ;;
            *'}') printf '%s' "$answer" ;; # it died after it had answered
            PreToolUse::*)
                echo '{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": "ATLAS cannot tell whether an interrupt waits for this call: no Python 3.10 or newer works as python3 or python."}}'
                ;;
            *)
                exec >&2
                echo 'ATLAS INTERRUPT. This call was stopped. No Python 3.10 or newer works as python3 or python, so all calls will be, until one does. What waits for you, as data:'
                while IFS= read -r line || [ "$line" ]; do printf '| %s\n' "$line"; done <"$ATLAS_WAITING"
                exit 2
                ;;
        esac
        ;;
esac
