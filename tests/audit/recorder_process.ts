/**
 * Records numbered events in a folder: `recorder_process.ts FOLDER NAME FILE_SIZE`. Each line of its
 * standard input says how many more; each is answered with the count so far and how many are lost.
 */
import { AuditLog } from "../../lib/audit/mod.ts";

const [directory, name, fileSize] = Deno.args;
using log = new AuditLog({ directory: directory!, fileSize: Number(fileSize) });
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
let number = 0;
let rest = "";
for await (const text of lines) {
  const asked = (rest + text).split("\n");
  rest = asked.pop()!;
  for (const line of asked) {
    for (let count = Number(line); count > 0; count--) {
      log.record({
        action: "job.start",
        result: "ok",
        detail: { name: name!, number: number++ },
      });
    }
    console.log(`${number} ${log.lost}`);
  }
}
