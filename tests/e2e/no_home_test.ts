import { equal, match } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { WORKER_BIN } from "../helpers/worker.ts";

Deno.test({
  name:
    "worker serve needs no home directory when it is told where to keep its state",
  ignore: Deno.uid() !== 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "worker-test-" });
    try {
      await Deno.copyFile(WORKER_BIN, `${folder}/worker`);
      await runCommand(["chown", "-R", "65534:65534", folder]);
      const address = `${folder}/state/run/address`;
      const serving = runCommand([
        ...["timeout", "--signal=TERM", "60"],
        ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
        ...["env", "-i", `PATH=${Deno.env.get("PATH")}`],
        ...[`XDG_CACHE_HOME=${folder}/cache`, `${folder}/worker`, "serve"],
        ...["--listen=127.0.0.1:0", `--state-dir=${folder}/state`],
      ]);
      const pid = await waitFor("the server to listen", async () => {
        const text = await Deno.readTextFile(address).catch(() => "");
        if (text === "") return null;
        return Number(
          await Deno.readTextFile(`${folder}/state/run/worker.pid`),
        );
      });
      Deno.kill(pid, "SIGTERM");
      const { code, stderr } = await serving;
      equal(code, 0, stderr);
      match(stderr, /say --addr localhost:\d+ --cacert/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
