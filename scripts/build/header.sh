#!/bin/sh
# worker @VERSION@ for Linux on @ARCH@: this header, then two tar archives, the Deno runtime and the
# program. Each is unpacked once, into a private folder that is named for its digest.
# The path to exec must stay free of subprocesses: they would be half of the time a start takes.

fail() {
  printf 'worker: %s\n' "$*" >&2
  exit 255
}

# place NAME FIRST_BYTE BYTES SHA256: the archive unpacked as $root/NAME, or nothing.
place() {
  work=$(mktemp -d "$root/.unpack.XXXXXX" 2>/dev/null) || fail "cannot write to \"$root\": $hint"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 255' HUP INT TERM
  digest=$(tail -c "+$2" "$self" 2>/dev/null | head -c "$3" | sha256sum)
  [ "${digest%% *}" = "$4" ] || fail "\"$self\" is damaged: copy it again"
  said=$(tail -c "+$2" "$self" | head -c "$3" | { mkdir "$work/new" && tar -xf - -C "$work/new"; } 2>&1 &&
    sync "$work"/new/* 2>&1) || fail "cannot unpack into \"$root\": ${said%%
*}; $hint"
  # The rename fails when another start was faster; a folder that lost a file is replaced.
  if ! mv -T "$work/new" "$root/$1" 2>/dev/null && ! complete "$1"; then
    mv -T "$root/$1" "$work/old" && mv -T "$work/new" "$root/$1" || fail "cannot replace \"$root/$1\""
  fi
  rm -rf "$work"
  trap - EXIT HUP INT TERM
}

complete() {
  [ -O "$root/$1" ] && [ -x "$root/$1" ] &&
    case $1 in
      @RUNTIME@) [ -x "$root/$1/worker" ] && [ -s "$root/$1/worker" ] ;;
      *) [ -s "$root/$1/main.js" ] ;;
    esac
}

unpack() (
  umask 077
  hint="make room, or set XDG_CACHE_HOME to a folder of yours"
  said=$(mkdir -p "$root" 2>&1) || fail "cannot make a cache folder: $said; $hint"
  [ -O "$root" ] || fail "\"$root\" belongs to somebody else: $hint"
  case $(ls -ld "$root/") in
    d????-??-*) ;;
    *) fail "\"$root\" is writable by others, who could replace the program: chmod go-w \"$root\"" ;;
  esac
  complete @RUNTIME@ || place @RUNTIME@ @RUNTIME_AT@ @RUNTIME_BYTES@ @RUNTIME_SHA256@
  complete @PROGRAM@ || place @PROGRAM@ @PROGRAM_AT@ @PROGRAM_BYTES@ @PROGRAM_SHA256@
)

case $0 in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac
case ${XDG_CACHE_HOME:-},${HOME:-} in
  /*) root=$XDG_CACHE_HOME/worker ;;
  *,/*) root=$HOME/.cache/worker ;;
  *) root=/var/cache/worker ;;
esac

# Whoever may write to these folders could replace the program. That they are writable by nobody
# else is checked when they are made; only their owner can change it afterwards.
[ -O "$root" ] && complete @RUNTIME@ && complete @PROGRAM@ || unpack || exit

# What the caller has set for a Deno or a Node.js of its own is not meant for this program.
unset @FOREIGN@
export DENO_DIR="$root/@PROGRAM@/deno" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1 DENO_NO_PACKAGE_JSON=1
export WORKER_EXECUTABLE="$self"
# -A: the program starts any command as any user; a sandbox around it would promise what it can't hold.
exec "$root/@RUNTIME@/worker" run -A --no-config --no-lock --no-npm --no-remote --cached-only \
  @FLAGS@ "$root/@PROGRAM@/main.js" "$@"
