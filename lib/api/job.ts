/** What a job may use on its host. `null` is "no limit of its own". Sizes as in {@linkcode Job}. */
export interface JobLimits {
  /** Memory of all its processes together, a size such as `"512M"`. */
  memory: string | null;
  /** CPUs, e.g. `0.5` for half of one. */
  cpu: number | null;
  /** Processes and threads at the same time. */
  pids: number | null;
  /** Bytes a second it may read, and as many to write, of each disk: a size such as `"10M"`. */
  io: string | null;
  /** Disk the output may take, a size of `"64K"` at least; the server's cap when null. */
  output: string | null;
}

/** A resource limit of each process (`setrlimit(2)`), soft and hard alike; units as prlimit(1). */
export type Rlimit = number | "unlimited";

/** How a job is kept apart from the host. What the host can't do is refused, never left out. */
export interface JobIsolation {
  /**
   * Set-user-ID programs give it nothing. True when null and the job runs as another user than
   * root.
   */
  noNewPrivs: boolean | null;
  /** An empty `/tmp` and `/var/tmp` of its own, in memory, gone with it. */
  privateTmp: boolean;
  /** No network but a loopback interface of its own. */
  privateNetwork: boolean;
  /** It sees its own processes only. */
  pidNamespace: boolean;
  /** It can't write to any file system of the host; see docs/API.md for what stays writable. */
  readOnly: boolean;
}

/**
 * A job as a client asks for it. Durations are texts such as `"250ms"`, `"10s"` or `"1h30m"`, sizes
 * such as `"4096"`, `"512K"` or `"2G"` (1024-based).
 */
export interface JobRequest {
  /** A program: a path, or a name that is looked up on the job's PATH. There is no shell. */
  command: string;
  /** Its arguments, passed as they are. @default {[]} */
  args?: string[] | undefined;
  /** Added to the environment that the server builds; nothing is inherited. @default {{}} */
  env?: Record<string, string> | undefined;
  /** Working directory on the host, absolute. @default {"/"} */
  cwd?: string | undefined;
  /** A user of the host; the server's own user when null. Needs a server of root. @default {null} */
  user?: string | null | undefined;
  /** A name for people, 128 characters at most; need not be unique. @default {null} */
  name?: string | null | undefined;
  /** To find jobs by: names of 1 to 128 characters, values of 256 at most. @default {{}} */
  labels?: Record<string, string> | undefined;
  /** The job is stopped, with reason `timeout`, when it runs longer than this. @default {null} */
  timeout?: string | null | undefined;
  /** Keep standard input open for `JobService.input`; it is empty otherwise. @default {false} */
  stdin?: boolean | undefined;
  /** Compute SHA-256 of each stream. @default {true} */
  checksum?: boolean | undefined;
  /**
   * At the cap of the output: `drop` the middle of it, or let the job `wait` for a follower that has
   * not read it yet, as a pipe does (without a follower it drops). @default {"drop"}
   */
  overflow?: "drop" | "wait" | undefined;
  /**
   * What it may use; a limit that is left out is null. A host that cannot enforce one refuses the
   * job with `UNSUPPORTED`.
   */
  limits?:
    | { [Name in keyof JobLimits]?: JobLimits[Name] | undefined }
    | undefined;
  /**
   * Start it then: a duration from now, such as `"10s"`, or an RFC 3339 time. It is `pending` until
   * that. @default {null}
   */
  startAfter?: string | null | undefined;
  /** Limits of each of its processes, by the names of prlimit(1), e.g. `{nofile: 1024}`. @default {{}} */
  rlimits?: Record<string, Rlimit> | undefined;
  /** How it is kept apart; what is left out is false. */
  isolation?:
    | { [Name in keyof JobIsolation]?: JobIsolation[Name] | undefined }
    | undefined;
}

/** A {@linkcode JobRequest} with its defaults filled in; see there for what each field means. */
export interface JobSpec {
  /** The program: a path, or a name on the job's PATH. */
  command: string;
  /** Its arguments, `[]` when there are none. */
  args: string[];
  /** What the request added to the environment. */
  env: Record<string, string>;
  /** Working directory, absolute. */
  cwd: string;
  /** The user it runs as; the server's own user when null. */
  user: string | null;
  /** A name for people; null when it has none. */
  name: string | null;
  /** Labels with their values, `{}` when there are none. */
  labels: Record<string, string>;
  /** The longest it may run, as it was asked for; null is without end. */
  timeout: string | null;
  /** Whether standard input is open for `JobService.input`. */
  stdin: boolean;
  /** Whether SHA-256 of each stream is computed. */
  checksum: boolean;
  /** What happens when the output reaches its cap. */
  overflow: "drop" | "wait";
  /** What it may use. */
  limits: JobLimits;
  /**
   * When it may start; null is at once. Always an RFC 3339 time in a job that was accepted.
   */
  startAfter: string | null;
  /** Limits of each of its processes, `{}` when there are none. */
  rlimits: Record<string, Rlimit>;
  /** How it is kept apart from the host. */
  isolation: JobIsolation;
}

/** State of a job: `pending` is the initial one, the last four are final. */
export type JobState =
  | "pending"
  | "running"
  | "stopping"
  | "succeeded"
  | "failed"
  | "stopped"
  | "lost";

/** Why a job ended. Only `exited` with code 0 is success; what is not known is `lost`. */
export type ExitReason =
  | "exited"
  | "signaled"
  | "stopped"
  | "timeout"
  | "out_of_memory"
  | "output_limit"
  | "start_failed"
  | "host_rebooted"
  | "lost";

/** The evidence of a job's end. Of `code` and `signal` one is null; both are when nobody saw it. */
export interface JobExit {
  /** The exit code of the main process, 0 to 255; null when a signal ended it. */
  code: number | null;
  /** The signal that ended the main process, e.g. `"SIGTERM"` or `"SIGRTMIN+3"`; else null. */
  signal: string | null;
  /** Why the job ended. */
  reason: ExitReason;
  /** More, for people, e.g. why the job is lost; null when there is nothing to add. */
  detail: string | null;
}

/** A process that outlived the job's main process, and what became of it. */
export interface Leftover {
  /** Its process id on the host. */
  pid: number;
  /** Its command line as it was found; `[]` when it could not be read. */
  argv: string[];
  /** It kept stdout or stderr of the job open. */
  heldOutput: boolean;
  /** It ended by itself, by SIGTERM, by SIGKILL, or not at all. */
  end: "exited" | "terminated" | "killed" | "survived";
}

/** Bytes of each stream since the start, whatever retention has removed since. */
export interface StreamBytes {
  /** Bytes written to standard output. */
  stdout: number;
  /** Bytes written to standard error. */
  stderr: number;
}

/**
 * What a job has used. With cgroups all of it is known; without, only what wait(2) tells at the end:
 * the CPU time, and as the peak the largest single process, when that was larger than the server's own.
 */
export interface JobUsage {
  /** CPU time of all its processes, user and system. */
  cpuSeconds: number;
  /** Memory in use now; null when unknown, and after the end. */
  memoryBytes: number | null;
  /** The most memory it had at a time; null when unknown. */
  memoryPeakBytes: number | null;
  /** Processes and threads now; null when unknown, and after the end. */
  pids: number | null;
  /** Bytes read from disks. */
  readBytes: number | null;
  /** Bytes written to disks. */
  writtenBytes: number | null;
}

/** SHA-256 of each stream, 64 hex digits; null while the job runs or when it was not asked for. */
export interface StreamDigests {
  /** Of all bytes written to standard output. */
  stdout: string | null;
  /** Of all bytes written to standard error. */
  stderr: string | null;
}

/** A job as the server shows it. Times are RFC 3339 in UTC. */
export interface Job extends JobSpec {
  /** A ULID in lower case: ids sort by creation. */
  id: string;
  /** The name of who started it: the common name of the client's certificate. */
  owner: string;
  /** The name of the host it runs on. */
  node: string;
  /** Where it is in its life. */
  state: JobState;
  /** The main process, also after its end; null when there was none. */
  pid: number | null;
  /** When it was accepted. */
  createdAt: string;
  /** When its process was started; null before. */
  startedAt: string | null;
  /** When it became final; null before. */
  endedAt: string | null;
  /** How it ended; null until it is final. */
  exit: JobExit | null;
  /** Logical offsets in its output: the first byte still kept, and one past the last. */
  output: {
    /** Offset of the first byte still kept. */
    start: number;
    /** Offset one past the last byte. */
    end: number;
  };
  /** Bytes of each stream since the start. */
  bytes: StreamBytes;
  /** SHA-256 of each stream. */
  sha256: StreamDigests;
  /** What outlived the main process; `[]` when nothing did, and while the job runs. */
  leftovers: Leftover[];
  /** Its processes are frozen, see `JobService.pause`. */
  paused: boolean;
  /** What it has used; null while nothing is known. */
  usage: JobUsage | null;
}

/** Body of `POST …/stop`, with its defaults filled in. */
export interface StopRequest {
  /** The signal that asks it to end, e.g. `"SIGTERM"`. */
  signal: string;
  /** SIGKILL follows after this long, a duration such as `"10s"`. */
  grace: string;
}

/** Body of `POST …/signal`. */
export interface SignalRequest {
  /** The signal to send, e.g. `"SIGHUP"`. */
  signal: string;
}
