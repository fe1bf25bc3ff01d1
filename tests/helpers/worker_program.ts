const CHECKOUT = new URL("../..", import.meta.url).pathname;

/** The executable that tests drive: `$WORKER_BIN`, else `./worker` of the checkout. */
export const WORKER_BIN = Deno.env.get("WORKER_BIN") ?? `${CHECKOUT}worker`;

/** Where the executables of tests unpack themselves, once for all of them. */
export const WORKER_CACHE = `${CHECKOUT}build/cache`;

/** The program of the sources, for tests of the server that need no built executable. */
export const WORKER_SOURCES: readonly string[] = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--no-check",
  "--quiet",
  `${CHECKOUT}main.ts`,
];
