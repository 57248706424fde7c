#!/bin/sh
# Ends the processes of a stdio-bridge worker that died without ending them itself, as after a SIGKILL.
# Arguments: what the mark in the environment of each begins with; the cgroup folder that holds them, or nothing.
# On standard input: "+PGID" for a process group that lives, "-PGID" for one that is gone, "." when the worker has
# ended them all itself. The end of the input is the worker's end.

# Only the worker's end ends this, not a Ctrl-C or a kill that was meant for the worker.
trap '' INT TERM HUP
mark=$1
cgroup=$2

groups=""
while IFS= read -r line; do
  case $line in
    .) exit 0 ;;
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

# Those that have left their group, or were started at the last moment; nobody where there is no /proc.
marked() {
  cd /proc 2>/dev/null && grep -lsF -- "$mark" [0-9]*/environ 2>/dev/null | sed 's|/environ$||'
}

signal() {
  for group in $groups; do
    kill -s "$1" -- "-$group" 2>/dev/null
  done
  pids=$(marked)
  [ -z "$pids" ] || kill -s "$1" $pids 2>/dev/null
}

signal TERM
sleep 1
[ -z "$cgroup" ] || echo 1 2>/dev/null >"$cgroup/cgroup.kill"
signal KILL
# What was being killed may have started more: until nobody is found, but not for ever.
groups=""
for round in 1 2 3 4 5 6 7 8 9 10; do
  [ -n "$pids" ] || break
  sleep 1
  signal KILL
done
[ -z "$cgroup" ] || rmdir "$cgroup"/* "$cgroup" 2>/dev/null
exit 0
