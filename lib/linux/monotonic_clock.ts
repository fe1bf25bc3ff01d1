const CLOCK_MONOTONIC = 1;

const libc = Deno.dlopen("libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
}).symbols;

/** Microseconds of CLOCK_MONOTONIC (clock_gettime(2)), which every process of this boot shares. */
export function monotonicMicroseconds(): bigint {
  const timespec = new BigInt64Array(2);
  libc.clock_gettime(CLOCK_MONOTONIC, timespec);
  return timespec[0]! * 1_000_000n + timespec[1]! / 1000n;
}
