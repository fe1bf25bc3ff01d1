/** How the program is started, whichever kind of executable it is in. */
export const RUNTIME_FLAGS: readonly string[] = [
  // Else Deno reads and parses every command's code to start one of them.
  "--unstable-lazy-dynamic-imports",
  // A young generation of at most 4 MiB: the default of 16 keeps three times as much resident in a
  // server with hundreds of followers, whose garbage is all short-lived, and gains it nothing.
  // What passes through the process has it collected in time, see `lib/passing_bytes.ts`.
  "--v8-flags=--min-semi-space-size=1,--max-semi-space-size=4,--semi-space-growth-factor=1,--expose-gc",
];
