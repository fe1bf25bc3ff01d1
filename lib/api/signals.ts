/** Linux signal names and their numbers (x86-64 and arm64 agree on these). */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

/** A signal that can be sent to a job. */
export type SignalName = keyof typeof SIGNALS;

/** The names as a tuple, for schemas. */
export const SIGNAL_NAMES = Object.keys(SIGNALS) as [
  SignalName,
  ...SignalName[],
];

const SIGRTMIN = 34;
const SIGRTMAX = 64;

/** The name of a signal number as `exit.signal` shows it; real-time ones are `SIGRTMIN+n`. */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(SIGNALS)) {
    if (value === number) return name;
  }
  if (number >= SIGRTMIN && number <= SIGRTMAX) {
    return number === SIGRTMIN ? "SIGRTMIN" : `SIGRTMIN+${number - SIGRTMIN}`;
  }
  return `SIG${number}`;
}

/** The number of a name that {@linkcode signalName} made; 0 when it is not one. */
export function signalNumber(name: string): number {
  if (Object.hasOwn(SIGNALS, name)) return SIGNALS[name as SignalName];
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(name);
  if (realTime) return SIGRTMIN + Number(realTime[1] ?? 0);
  return Number(/^SIG(\d+)$/.exec(name)?.[1] ?? 0);
}
