#!/bin/sh
# Makes .tools/deno, a link to the pinned Deno: $DENO or the one on PATH when its version is exactly
# the pinned one, else the npm package, installed into .tools/ inside the checkout.
# Usage: scripts/deps.sh VERSION
set -eu
version=$1
cd "$(dirname "$0")/.."

fail() {
  printf 'deps: %s\n' "$*" >&2
  exit 1
}

is_pinned() {
  [ -x "$1" ] && [ "$("$1" --version 2>/dev/null | sed -n '1s/^deno \([^ ]*\).*/\1/p')" = "$version" ]
}

use() {
  [ "$(readlink .tools/deno 2>/dev/null)" = "$1" ] && return
  ln -sfn "$1" .tools/deno
  printf 'deps: deno %s at %s\n' "$version" "$1"
}

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) fail "no Deno for \"$(uname -m)\": build on x86_64 or aarch64" ;;
esac
# The package of the platform holds the program itself: the launcher of the `deno` package needs node.
package=node_modules/@deno/linux-$arch-glibc/deno

mkdir -p .tools
for candidate in "${DENO:-}" "$(command -v deno || :)"; do
  [ -n "$candidate" ] && is_pinned "$candidate" && { use "$(readlink -f "$candidate")"; exit; }
done

if ! is_pinned ".tools/$package"; then
  command -v npm >/dev/null ||
    fail "Deno $version is neither on PATH nor in \$DENO, and npm is missing: apt-get install npm"
  printf 'deps: installing deno %s from npm into .tools\n' "$version"
  # Install scripts are not needed: the platform's package comes as an optional dependency.
  npm install --prefix .tools --ignore-scripts --no-audit --no-fund --loglevel=error \
    "deno@$version" >/dev/null || fail "npm could not install deno@$version"
  is_pinned ".tools/$package" || fail "npm installed no working deno $version at .tools/$package"
fi
use "$package"
