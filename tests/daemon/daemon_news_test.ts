import { deepEqual } from "node:assert/strict";
import { newsLine, readNews } from "../../lib/daemon/daemon_news.ts";

const read = (...pieces: string[]) =>
  Array.fromAsync(
    readNews(
      ReadableStream.from(pieces).pipeThrough(new TextEncoderStream()),
    ),
  );

Deno.test("readNews() reads what newsLine() writes, however it is cut", async () => {
  const news = [
    { type: "bound" as const },
    { type: "ready" as const, address: "127.0.0.1:7443" },
    { type: "ready" as const, address: "[::1]:7443" },
  ];
  const text = news.map(newsLine).join("");
  deepEqual(await read(text), news);
  deepEqual(await read(...text), news);
});

Deno.test("readNews() leaves out what is no news", async () => {
  deepEqual(
    await read(
      "x".repeat(100_000),
      "bound\n",
      "ready\nready a b:1\nready :1 --flag\nready host:123456\n",
      "bound",
    ),
    [],
  );
});
