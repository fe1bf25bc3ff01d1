#!/bin/sh
# Runs in the guest of scripts/test/vm_lab.ts: the tests of the folders, then those in their folders
# `systemd` below a real systemd where there is one. Prints two JUnit reports; the rest goes to stderr.
# Usage: vm_guest.sh FOLDER...
cd /app || exit
export DENO_DIR=/root/.cache/deno WORKER_VM_PROGRAM=/app/program
# Emulated, code that is compiled while it runs costs more than it saves: programs start twice as fast.
export DENO_V8_FLAGS=--no-opt,--no-sparkplug,--no-maglev

# Types were checked outside, and there is no network.
run_tests() { # REPORT FOLDER...
  report=$1
  shift
  deno test --quiet --cached-only --no-check --allow-all --junit-path="$report" "$@" >&2
}

if [ "$1" = --systemd ]; then
  shift
  run_tests /tmp/systemd.xml "$@"
  status=$?
  cat /tmp/systemd.xml
  exit "$status"
fi

below_systemd=
ignore=
for folder; do
  [ -d "$folder/systemd" ] || continue
  below_systemd="$below_systemd $folder/systemd"
  ignore="$ignore --ignore=$folder/systemd"
done
# shellcheck disable=SC2086 # lists of folders
run_tests /tmp/plain.xml $ignore "$@"
status=$?
cat /tmp/plain.xml
[ -n "$below_systemd" ] || exit "$status"
# shellcheck disable=SC2086
if command -v under-systemd >/dev/null; then
  under-systemd -- sh "$0" --systemd $below_systemd
else
  sh "$0" --systemd $below_systemd
fi && exit "$status"
