import { toolPath } from "./tools.ts";

/*
 * Pieces of the script that `sh -c` runs inside new namespaces, before the command. They are made of
 * constants and of paths of tools in system folders; words of a job come as "$@" only.
 */

/** A program that brings an interface up: `ip`, or what is there instead. */
export type LoopbackTool = "ip" | "ifconfig" | "perl";

/**
 * A program that starts the command and ends as it did. With perl(1) nothing of the namespace is left
 * when it ends; with unshare(1) the kernel is killing the rest then.
 */
export type WaitTool = "unshare" | "perl";

/** SIOCGIFFLAGS and SIOCSIFFLAGS with IFF_UP, where there is neither ip(8) nor ifconfig(8). */
const PERL_LOOPBACK = 'socket(S, 2, 2, 0) or die "socket: $!"; ' +
  '$r = pack("a16 s! x14", "lo", 0); ioctl(S, 0x8913, $r) or die "lo: $!"; ' +
  '($n, $f) = unpack("a16 s!", $r); $r = pack("a16 s! x14", "lo", $f | 1); ' +
  'ioctl(S, 0x8914, $r) or die "lo: $!"';

/** A new network has a loopback interface that is down. */
export function loopbackUp(tool: LoopbackTool): string {
  const path = toolPath(tool);
  const command = {
    ip: `${path} link set lo up`,
    ifconfig: `${path} lo up`,
    perl: `${path} -e '${PERL_LOOPBACK}'`,
  }[tool];
  return `${command} || exit 126`;
}

/** Empty file systems in memory over the folders for temporary files. */
export function privateTmp(): string {
  return `for at in /tmp /var/tmp; do
  [ ! -d "$at" ] || [ -L "$at" ] ||
    ${toolPath("mount")} -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$at" ||
    exit 126
done`;
}

/**
 * Makes every mount read-only but those of `/proc` and `/dev`, and those of `except`. Bind remounts
 * forget the flags that are not given again, so those that protect are. A mount that is hidden under
 * another one cannot be reached, and need not be.
 */
export function readOnly(except: readonly string[]): string {
  const kept = ["/proc", "/proc/*", "/dev", "/dev/*", ...except].join(" | ");
  return `while read -r _ _ _ _ at options rest; do
  case $at in *\\\\*)
    text=
    while :; do
      case $at in *\\\\*) text="$text\${at%%\\\\*}\\\\0" at=\${at#*\\\\} ;; *) break ;; esac
    done
    at=$(printf '%b_' "$text$at") at=\${at%_}
  esac
  case $at in ${kept}) continue ;; esac
  case ,$options, in *,ro,*) continue ;; esac
  case $rest in *' - autofs '*) continue ;; esac
  flags=remount,bind,ro
  for flag in nosuid nodev noexec; do
    case ,$options, in *,$flag,*) flags=$flags,$flag ;; esac
  done
  ${toolPath("mount")} -o "$flags" "$at" 2>/dev/null ||
    ! ${toolPath("mountpoint")} -q "$at" ||
    { echo "worker: cannot make \\"$at\\" read-only" >&2; exit 126; }
done </proc/self/mountinfo`;
}

/** All that ends or stops a process and can be ignored, but SIGCHLD and SIGCONT. */
const IGNORABLE = [
  ...range(1, 31).filter((number) => ![9, 17, 18, 19].includes(number)),
  ...range(34, 64),
].join(" ");

/**
 * Waits for the command, ends the namespace by its first process, waits until all in it is gone, and
 * ends with the very code or signal of the command; SIGKILL too.
 */
const PERL_WAIT = "$init = shift; $p = fork; defined $p or die qq(fork: $!); " +
  "if (!$p) { exec { $ARGV[0] } @ARGV; die qq($ARGV[0]: $!) } " +
  "waitpid $p, 0; $end = $?; kill 9, $init; waitpid $init, 0; " +
  "exit $end >> 8 unless $end & 127; $s = $end & 127; " +
  "$SIG{$_} = q(DEFAULT) for keys %SIG; kill $s, $$; sleep 1";

/**
 * The command in a PID namespace of its own, as its second process: the first one must not be the
 * command, because the kernel keeps signals from a first process that has no handler for them, so
 * that SIGTERM would do nothing.
 *
 * The first is a sleep that reaps orphans by ignoring SIGCHLD, and that dies with this shell's
 * process however that ends, which takes the whole namespace along. This process stays outside, as
 * the main process of the job: it ignores what is sent to the process group, waits for the command,
 * and ends as it did. When it ended before the first one asked for its own death, nothing would tell
 * that one, so it looks: a process that was not waited for yet is there, in the state Z.
 */
export function enterPidNamespace(tool: WaitTool): string {
  const [setpriv, sh, env, sleep] = [
    toolPath("setpriv"),
    toolPath("sh"),
    toolPath("env"),
    toolPath("sleep"),
  ];
  const wait = tool === "unshare"
    ? `${toolPath("unshare")} --fork --kill-child --`
    : `${toolPath("perl")} -e '${PERL_WAIT}' "$!"`;
  return `trap '' ${IGNORABLE}
${setpriv} --pdeathsig KILL ${sh} -c '
  read -r _ _ state _ <"/proc/$0/stat" && [ "$state" != Z ] &&
    exec ${env} --ignore-signal=CHLD ${sleep} infinity
' $$ </dev/null >/dev/null 2>&1 &
exec ${wait} ${toolPath("unshare")} --mount-proc -- "$@"`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
