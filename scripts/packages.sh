#!/bin/sh
# Installs the Debian packages of the commands that are missing, when it may; says which otherwise.
# Usage: scripts/packages.sh COMMAND...
set -eu

package_of() {
  case $1 in
    ping) echo iputils-ping ;;
    sshd) echo openssh-server ;;
    ssh) echo openssh-client ;;
    setpriv | nsenter | setsid) echo util-linux ;;
    ip | ss) echo iproute2 ;;
    ps) echo procps ;;
    *) echo "$1" ;;
  esac
}

PATH=$PATH:/usr/sbin:/sbin
missing=
for name in "$@"; do
  command -v "$name" >/dev/null || missing="$missing $(package_of "$name")"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  printf 'missing packages: install them first, as root: apt-get install%s\n' "$missing" >&2
  exit 1
fi
printf 'installing%s\n' "$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of package names
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  printf 'cannot install%s\n' "$missing" >&2
  exit 1
fi
