import { equal } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";

Deno.test("certs/mod.ts does not load the X.509 writer before a certificate is made", async () => {
  const mod = new URL("../../certs/mod.ts", import.meta.url).href;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const program = `
    const { CertificateAuthority } = await import("${mod}");
    console.log("getMetadata" in Reflect);
    await CertificateAuthority.create({ cluster: "demo" });
    console.log("getMetadata" in Reflect);`;
  const { stdout, stderr } = await runCommand(
    [Deno.execPath(), "run", "-A", "--config", config, "-"],
    { stdin: program },
  );
  equal(stdout, "false\ntrue\n", stderr);
});
