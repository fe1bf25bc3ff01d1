import assert from "node:assert/strict";
import { bundle } from "../../scripts/build/bundle.ts";

const PROGRAM = `
import { VERSION } from "${new URL("../../lib/version.ts", import.meta.url)}";

class Lease {
  closed = false;
  name() { return "lease"; }
  [Symbol.dispose]() { console.log("disposed"); }
  async [Symbol.asyncDispose]() { console.log("disposed later"); }
}

function once(make) {
  using lease = make();
  console.log(lease.name());
}

async function onceLater(make) {
  await using lease = make();
  await lease.name();
}

once(() => new Lease());
await onceLater(() => new Lease());
console.log(VERSION);
`;

Deno.test("bundle() keeps `using` when a variable is used once, in the next statement", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/main.ts`, PROGRAM);
    const outdir = `${dir}/program`;
    const deno = Deno.execPath();
    await bundle(`${dir}/main.ts`, { outdir, version: "1.2.3", deno });
    const { stdout } = await new Deno.Command(deno, {
      args: ["run", "--no-config", `${outdir}/main.js`],
    }).output();
    assert.equal(
      new TextDecoder().decode(stdout),
      "lease\ndisposed\ndisposed later\n1.2.3\n",
    );
    await assert.rejects(Deno.stat(`${outdir}-plain`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
