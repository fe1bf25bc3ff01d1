/** How a process ended: one of the two is null. */
export interface WaitStatus {
  code: number | null;
  /** Number of the signal that ended it. */
  signal: number | null;
}

/** Takes the status of wait(2) apart. */
export function decodeStatus(status: number): WaitStatus {
  const signal = status & 0x7f;
  return signal === 0
    ? { code: (status >> 8) & 0xff, signal: null }
    : { code: null, signal };
}
