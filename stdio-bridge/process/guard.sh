#!/bin/sh
# Ends the process groups of a stdio-bridge worker that died without ending them itself, as after a SIGKILL.
# On standard input: "+PGID" for a group that lives, "-PGID" for one that is gone; its end is the worker's death.

# Only the worker's death ends this, not a Ctrl-C or a kill that was meant for the worker.
trap '' INT TERM HUP

groups=""
while IFS= read -r line; do
  case $line in
    +*) groups="$groups ${line#+}" ;;
    -*)
      kept=""
      for group in $groups; do
        [ "$group" = "${line#-}" ] || kept="$kept $group"
      done
      groups=$kept
      ;;
  esac
done

alive=""
for group in $groups; do
  kill -s TERM -- "-$group" 2>/dev/null && alive="$alive $group"
done
[ -n "$alive" ] || exit 0
sleep 1
for group in $alive; do
  kill -s KILL -- "-$group" 2>/dev/null
done
exit 0
