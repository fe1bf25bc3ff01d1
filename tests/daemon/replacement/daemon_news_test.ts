import { deepEqual, equal } from "node:assert/strict";
import {
  newsLine,
  readNews,
} from "../../../lib/daemon/replacement/daemon_news.ts";

const read = (...pieces: string[]) =>
  Array.fromAsync(
    readNews(
      ReadableStream.from(pieces).pipeThrough(new TextEncoderStream()),
    ),
  );

Deno.test("readNews() reads what newsLine() writes, however it is cut", async () => {
  const news = [
    { type: "bound" as const },
    { type: "alive" as const },
    { type: "ready" as const, addresses: ["127.0.0.1:7443"] },
    { type: "ready" as const, addresses: ["[::1]:7443", "host:1"] },
    { type: "ready" as const, addresses: [] },
    { type: "failed" as const, reason: 'cannot read "file": no' },
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
      "ready\nready \nready a:1,\nready a b:1\nready :1 --flag\nready host:123456\n",
      "bound",
    ),
    [],
  );
});

Deno.test("readNews() makes one line of text of a reason, whoever wrote it", async () => {
  const reason = "first\nsecond\x1b[31m\u0085third";
  deepEqual(await read(newsLine({ type: "failed", reason })), [
    { type: "failed", reason: "first second [31m third" },
  ]);
  const [news] = await read(`failed ${"x".repeat(100_000)}\n`);
  equal(news?.type === "failed" && news.reason.length, 2_048);
});
