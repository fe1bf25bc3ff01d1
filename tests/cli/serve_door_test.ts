/** The first start of a server that runs no jobs itself, as whoever starts it sees it. */
import { equal, match } from "node:assert/strict";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

Deno.test("worker serve --roles auth,proxy proposes a command that works there", async () => {
  const dir = await Deno.makeTempDir({ prefix: "worker-door-" });
  const worker = (args: string[], stdout: "piped" | "null" = "piped") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, ...args],
      env: { XDG_CONFIG_HOME: `${dir}/config`, WORKER_PROFILE: "" },
      stdin: "null",
      stdout,
      stderr: "piped",
    });
  const flags = ["--state-dir", `${dir}/state`, "--listen", "127.0.0.1:0"];
  const server = worker(["serve", "--roles", "auth,proxy", ...flags], "null")
    .spawn();
  const text = server.stderr.pipeThrough(new TextDecoderStream());
  try {
    let said = "";
    for await (const piece of text.values({ preventCancel: true })) {
      said += piece;
      if (said.includes("try: ")) break;
    }
    const [, command = ""] = /^try: worker (.*)$/m.exec(said) ?? [];
    equal(command, "nodes ls");
    const { code, stdout, stderr } = await worker(command.split(" ")).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    match(new TextDecoder().decode(stdout), /^NAME/);
  } finally {
    server.kill("SIGTERM");
    await text.cancel();
    await server.status;
    await Deno.remove(dir, { recursive: true });
  }
});
