import { equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { socketPair } from "../../lib/linux/socket_pair.ts";

Deno.test("socketPair() carries bytes both ways, and one's end ends the other", async () => {
  const before = sockets();
  const [one, other] = socketPair();
  // Tests of other files may have opened some meanwhile: they run in this process.
  const opened = sockets().difference(before);
  other.setEncoding("utf8");
  one.setEncoding("utf8");
  one.write("ping");
  equal((await once(other, "data"))[0], "ping");
  other.write("pong");
  equal((await once(one, "data"))[0], "pong");
  const closed = [once(one, "close"), once(other, "close")];
  one.end();
  await Promise.all(closed);
  const left = opened.intersection(sockets());
  ok(left.size <= opened.size - 2, `${left.size} of ${opened.size} are left`);
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

/** The sockets that this process has open, as the kernel calls them. */
function sockets(): Set<string> {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // Closed by now.
      return "";
    }
  });
  return new Set(links.filter((link) => link.startsWith("socket:")));
}
