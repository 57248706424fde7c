#!/bin/sh
# Runs Envoy (or any command given) on a leash: when our stdin closes, because whoever holds it has died, Envoy ends too.
# SIGTERM, SIGINT and SIGHUP are passed on as SIGTERM; the exit code is that of Envoy.
set -u

exec 3<&0
"$@" </dev/null 3<&- &
envoy=$!
# The shell's own "Killed" is not for anybody: who started us says it better.
exec 2>/dev/null
trap 'kill -TERM "$envoy"' TERM INT HUP

# The watcher is a process of its own, so that it also holds when this shell is killed.
(
  trap - TERM INT HUP
  while read -r _; do :; done <&3
  kill -TERM "$envoy" || exit 0
  for _ in 1 2 3; do
    sleep 1
    kill -0 "$envoy" || exit 0
  done
  kill -KILL "$envoy"
) >/dev/null &
watcher=$!
exec 3<&-

# A signal interrupts wait; only when Envoy is gone is what it says Envoy's exit code.
while :; do
  wait "$envoy"
  status=$?
  kill -0 "$envoy" || break
done
kill "$watcher"
exit "$status"
