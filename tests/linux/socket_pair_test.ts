import { equal } from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { socketPair } from "../../lib/linux/socket_pair.ts";

Deno.test("socketPair() carries bytes both ways, and one's end ends the other", async () => {
  const before = readdirSync("/proc/self/fd").length;
  const [one, other] = socketPair();
  other.setEncoding("utf8");
  one.setEncoding("utf8");
  one.write("ping");
  equal((await once(other, "data"))[0], "ping");
  other.write("pong");
  equal((await once(one, "data"))[0], "pong");
  const closed = [once(one, "close"), once(other, "close")];
  one.end();
  await Promise.all(closed);
  equal(readdirSync("/proc/self/fd").length, before);
});

Deno.test("socketPair() is not inherited by children", async () => {
  const [one, other] = socketPair();
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", "ls -l /proc/self/fd | grep -c socket: || true"],
    stdin: "null",
    stdout: "piped",
  }).output();
  equal(new TextDecoder().decode(stdout).trim(), "0");
  one.destroy();
  other.destroy();
});
