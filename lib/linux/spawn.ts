import { cString, libc, O_RDONLY } from "./libc.ts";
import { LinuxError } from "./linux_error.ts";

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

/** More than any C library needs for these, which are opaque. */
const ACTIONS_BYTES = 256;
const ATTRIBUTES_BYTES = 512;
const SIGNAL_SET_BYTES = 128;

/** What a program is started with. */
export interface SpawnOptions {
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Descriptors of this process; a null standard input is `/dev/null`. */
  stdin: number | null;
  stdout: number;
  stderr: number;
}

/**
 * Starts a program as the leader of a session and a process group of its own, with default signal
 * handling and no descriptor but these three (posix_spawn(3)). Whoever calls this reaps it.
 *
 * `Deno.Command` can't do it: its `detached` forks the whole process, which takes several times as
 * long, and its pipes end with this process.
 *
 * @returns its pid.
 * @throws {LinuxError} when the kernel refuses the file.
 */
export function spawn(file: string, options: SpawnOptions): number {
  if (!inheritedClosed) closeInherited();
  const actions = new Uint8Array(ACTIONS_BYTES);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawnattr_init(attributes);
  try {
    // The actions keep pointers to some of these texts.
    const nothing = cString("/dev/null");
    const cwd = cString(options.cwd);
    if (options.stdin === null) {
      libc.posix_spawn_file_actions_addopen(actions, 0, nothing, O_RDONLY, 0);
    } else {
      libc.posix_spawn_file_actions_adddup2(actions, options.stdin, 0);
    }
    libc.posix_spawn_file_actions_adddup2(actions, options.stdout, 1);
    libc.posix_spawn_file_actions_adddup2(actions, options.stderr, 2);
    libc.posix_spawn_file_actions_addchdir_np(actions, cwd);
    libc.posix_spawnattr_setflags(
      attributes,
      POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
    );
    // The runtime ignores SIGPIPE, and an ignored signal would stay ignored in the program.
    const everySignal = new Uint8Array(SIGNAL_SET_BYTES).fill(0xff);
    libc.posix_spawnattr_setsigdefault(attributes, everySignal);
    libc.posix_spawnattr_setsigmask(
      attributes,
      new Uint8Array(SIGNAL_SET_BYTES),
    );
    const pid = new Int32Array(1);
    const args = new TextVector([file, ...options.args]);
    const env = new TextVector(
      Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    );
    const errno = libc.posix_spawn(
      new Uint8Array(pid.buffer),
      cString(file),
      actions,
      attributes,
      args.pointers,
      env.pointers,
    );
    if (errno !== 0) throw new LinuxError(`cannot execute "${file}"`, errno);
    return pid[0]!;
  } finally {
    libc.posix_spawn_file_actions_destroy(actions);
    libc.posix_spawnattr_destroy(attributes);
  }
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;

let inheritedClosed = false;

/**
 * Keeps what this process itself inherited from its children: what the runtime opens they don't get
 * anyway.
 */
function closeInherited(): void {
  inheritedClosed = true;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (fd > 2) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/** A `char *[]` with its NULL. Keep it alive while the pointers are used. */
class TextVector {
  readonly pointers: Uint8Array<ArrayBuffer>;
  readonly texts: readonly Uint8Array<ArrayBuffer>[];

  constructor(texts: readonly string[]) {
    this.texts = texts.map(cString);
    const pointers = new BigUint64Array(texts.length + 1);
    this.texts.forEach((text, index) => {
      const pointer = Deno.UnsafePointer.of(text);
      pointers[index] = BigInt(Deno.UnsafePointer.value(pointer));
    });
    this.pointers = new Uint8Array(pointers.buffer);
  }
}
