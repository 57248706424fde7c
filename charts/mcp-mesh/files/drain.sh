#!/bin/bash
# The end of an Envoy pod: drain.sh SECONDS. Its clients are told to come back over another connection, which leads to another
# pod, and it ends when none is left. The image has bash and no HTTP client, so bash speaks HTTP itself.
set -u

ask() { # ask METHOD PATH: the admin's answer
  exec 3<>/dev/tcp/127.0.0.1/9901 || exit 0
  printf '%s %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n' "$1" "$2" >&3
  cat <&3
  exec 3>&-
}

# From here on /ready says no, and every answer over HTTP/1 closes its connection; those over HTTP/2 are told to go away.
ask POST /healthcheck/fail >/dev/null

# The last to hear that this pod is gone still sends new connections for a while, so there is a least time.
least=$((SECONDS + 5))
end=$((SECONDS + $1))
while [ "$SECONDS" -lt "$end" ]; do
  open=$(ask GET '/stats?filter=^http\.gateway\.downstream_cx_active$' | sed -n 's/^http\.gateway\.downstream_cx_active: \([0-9]*\).*/\1/p')
  [ "$SECONDS" -ge "$least" ] && [ "${open:-0}" = 0 ] && exit 0
  sleep 1
done
