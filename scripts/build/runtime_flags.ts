/** How the program is started, whichever kind of executable it is in. */
export const RUNTIME_FLAGS: readonly string[] = [
  // Else Deno reads and parses every command's code to start one of them.
  "--unstable-lazy-dynamic-imports",
  // A young generation of at most 2 MiB, where the default is 16. Each piece of a stream is a small
  // object that holds a large buffer outside of the heap. With few of them dead before somebody looks,
  // buffers go back to the allocator while they are in the cache, and what is outside never grows so
  // large that V8 marks the whole heap for it: with 4 MiB it did so 37 times a GiB, which was a third
  // of a proxy's time. Hundreds of followers, whose garbage is short-lived, keep less resident, too.
  "--v8-flags=--min-semi-space-size=1,--max-semi-space-size=2",
];
