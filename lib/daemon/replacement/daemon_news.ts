/**
 * What a server tells the process that started it, a line each on its standard output: a kept one
 * its keeper, and one that replaces another the one before it.
 */
export type DaemonNews =
  /** Its port is its own, so a job host is wanted. */
  | { type: "bound" }
  /** It serves; `addresses` are `host:port`, none when it is reached through tunnels. */
  | { type: "ready"; addresses: readonly string[] }
  /** It can't serve, for this reason, and ends. */
  | { type: "failed"; reason: string }
  /** It goes on. Told from a timer, so what is told is that its event loop runs. */
  | { type: "alive" };

/** Instead of addresses: it listens nowhere. */
const NOWHERE = "-";

/** More than any line of these. */
const MAX_LINE = 4_096;

/** The line of some news, with its end. */
export function newsLine(news: DaemonNews): string {
  switch (news.type) {
    case "bound":
    case "alive":
      return `${news.type}\n`;
    case "ready":
      return `ready ${news.addresses.join(",") || NOWHERE}\n`;
    case "failed":
      return `failed ${oneLine(news.reason)}\n`;
  }
}

/** Tells some news on standard output. Whoever listened may be gone by now. */
export function tellNews(news: DaemonNews): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(newsLine(news)));
  } catch {
    // Nobody is there to be told.
  }
}

/** Tells every `ms` that this process goes on, until it is disposed; null for never. */
export function tellAlive(ms: number | null): Disposable {
  if (ms === null) return { [Symbol.dispose]() {} };
  const timer = setInterval(() => tellNews({ type: "alive" }), ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * The news in an output. What is none is left out, and no more than a line of it is kept: who writes
 * there parses the network, and may be anybody by now.
 */
export async function* readNews(
  output: ReadableStream<Uint8Array>,
): AsyncGenerator<DaemonNews> {
  let line = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) {
        const news = parse(line);
        if (news !== null) yield news;
        line = "";
      }
      line = (line + part).slice(0, MAX_LINE);
    }
  }
}

const ADDRESS = String.raw`[\w.:[\]-]{1,255}:\d{1,5}`;
const READY = new RegExp(
  `^ready (${NOWHERE}|${ADDRESS}(?:,${ADDRESS}){0,15})$`,
);

function parse(line: string): DaemonNews | null {
  if (line === "bound" || line === "alive") return { type: line };
  const addresses = READY.exec(line)?.[1];
  if (addresses !== undefined) {
    return {
      type: "ready",
      addresses: addresses === NOWHERE ? [] : addresses.split(","),
    };
  }
  if (!line.startsWith("failed ")) return null;
  return { type: "failed", reason: oneLine(line.slice("failed ".length)) };
}

/** Without anything that a terminal or a log would take for more than text. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").slice(0, MAX_LINE / 2);
}
