#!/bin/sh
# What `make demo` shows: a server with certificates of its own in a private folder, one command
# through the client and one through curl, then everything is gone again.
set -eu

executable=$(cd "$(dirname "$0")/.." && pwd)/worker
folder=$(mktemp -d)
server=
clean_up() {
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || :
  # The job host would end by itself after ten seconds.
  kill "$(cat "$folder/state/run/jobhost.pid")" 2>/dev/null || :
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The server, its clients' profile and everything else stays in the folder.
export XDG_CONFIG_HOME="$folder/config"
unset WORKER_PROFILE WORKER_ADDR WORKER_CACERT WORKER_CERT WORKER_KEY
cd "$folder"
ln -s "$executable" worker

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# Shows a command as a person would type it, then runs it.
typed() {
  printf '$ %s\n' "$*"
  "$@"
}

say "A server: its first start makes a certificate authority, a server and an admin certificate."
printf '$ ./worker serve --state-dir state --listen 127.0.0.1:0 &\n'
./worker serve --state-dir state --listen 127.0.0.1:0 --log-level error >log 2>&1 &
server=$!
waited=0
until [ -s state/run/address ]; do
  kill -0 "$server" 2>/dev/null && [ "$waited" -lt 300 ] || {
    printf 'the server did not start:\n' >&2
    cat log >&2
    exit 1
  }
  sleep 0.1
  waited=$((waited + 1))
done
addr=$(cat state/run/address)
cat log

# Without the right to send pings, a loop that prints does as well.
if ping -c 1 127.0.0.1 >/dev/null 2>&1; then
  set -- ping -c 3 127.0.0.1
  json='{"command":"ping","args":["-c","3","127.0.0.1"]}'
else
  set -- sh -c 'for i in 1 2 3; do echo "line $i"; sleep 1; done'
  json='{"command":"sh","args":["-c","for i in 1 2 3; do echo line $i; sleep 1; done"]}'
fi

say "A command on that server, through the client. On the same host it needs no flag."
typed ./worker run "$@"

say "The same with a certificate for alice, and curl instead of the client."
typed ./worker certs issue alice --out alice --state-dir state
cat <<EOF
\$ curl --cacert alice/ca.crt --cert alice/alice.crt --key alice/alice.key \\
    https://$addr/v1/run -d '$json'
EOF
curl --silent --show-error --no-buffer --cacert "alice/ca.crt" \
  --cert "alice/alice.crt" --key "alice/alice.key" \
  "https://$addr/v1/run" -d "$json"

say "What has run, and how it ended. alice sees her own jobs only, the administrator all of them."
typed ./worker ls

say "The server stops; the demo removes what it has made."
