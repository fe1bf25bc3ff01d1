/**
 * What a kept daemon tells its keeper, a line each on its standard output: that its port is its own,
 * so that a job host is wanted, and later that it serves.
 */
export type DaemonNews =
  | { type: "bound" }
  /** `address` is `host:port`. */
  | { type: "ready"; address: string };

/** More than any line of these. */
const MAX_LINE = 512;

/** The line of some news, with its end. */
export function newsLine(news: DaemonNews): string {
  return news.type === "bound" ? "bound\n" : `ready ${news.address}\n`;
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

function parse(line: string): DaemonNews | null {
  if (line === "bound") return { type: "bound" };
  const address = /^ready ([\w.:[\]-]{1,255}:\d{1,5})$/.exec(line)?.[1];
  return address === undefined ? null : { type: "ready", address };
}
