import { deepEqual, equal } from "node:assert/strict";
import { CuttingProxy } from "../helpers/cutting_proxy.ts";
import { sha256 } from "../helpers/digest.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { clientFlags } from "../helpers/credentials.ts";
import { startWorker } from "../helpers/worker.ts";

Deno.test("worker run shows each byte once when its connection is cut again and again", async () => {
  await using worker = await startWorker();
  await using proxy = await CuttingProxy.listen(worker.addr);
  const flags = clientFlags(worker, worker.admin);
  flags[0] = `--addr=${proxy.addr}`;
  const running = worker.cli([
    ...flags,
    "run",
    "sh",
    "-c",
    "for i in $(seq 1 60); do seq 1 2000; sleep 0.05; done",
  ]);
  for (let cuts = 0; cuts < 4; cuts++) {
    const seen = proxy.bytes;
    await waitFor("output to flow", () => proxy.bytes > seen + 30_000);
    proxy.cut();
  }
  const { code, bytes, stderr } = await running;
  const block = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`).join("");
  const expected = new TextEncoder().encode(block.repeat(60));
  equal(code, 0, stderr);
  equal(bytes.length, expected.length);
  equal(await sha256(bytes), await sha256(expected));
  equal(proxy.accepted > 4, true);
});

Deno.test("worker output -f goes on when the server restarts", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "seq", "1", "100000"]);
  const id = stdout.trim();
  await worker.cli(["wait", id]);
  await worker.restart();
  const { code, bytes } = await worker.cli(["output", "-f", id]);
  const expected = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`);
  deepEqual(
    { code, sha256: await sha256(bytes) },
    {
      code: 0,
      sha256: await sha256(new TextEncoder().encode(expected.join(""))),
    },
  );
});

Deno.test("worker run exits with 255 when the server is gone for good", async () => {
  await using worker = await startWorker();
  await using proxy = await CuttingProxy.listen(worker.addr);
  proxy.refusing = true;
  const flags = clientFlags(worker, worker.admin);
  flags[0] = `--addr=${proxy.addr}`;
  const { code, stdout, stderr } = await worker.cli([...flags, "run", "true"]);
  deepEqual({ code, stdout, lines: stderr.split("\n").length }, {
    code: 255,
    stdout: "",
    lines: 2,
  });
});
