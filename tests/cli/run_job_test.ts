import { deepEqual, equal } from "node:assert/strict";
import { CuttingProxy } from "../helpers/cutting_proxy.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { exampleNode, ServedNodes } from "./served_nodes.ts";

/** A server behind two ways, of which the first lets no answer through. */
async function twoWays() {
  const stack = new AsyncDisposableStack();
  const nodes = stack.use(await ServedNodes.start([exampleNode("a")]));
  const target = nodes.addr.replace("localhost", "127.0.0.1");
  const first = stack.use(await CuttingProxy.listen(target));
  const second = stack.use(await CuttingProxy.listen(target));
  first.mute = true;
  nodes.addr = [first, second].map(({ addr }) =>
    addr.replace("127.0.0.1", "localhost")
  ).join();
  return {
    nodes,
    first,
    second,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

for (
  const [command, stdout] of [
    [["run"], "1\n2\n"],
    [["run", "--node", "a"], "1\n2\n"],
    [["run", "-d"], null],
  ] as const
) {
  Deno.test(`worker ${command.join(" ")} starts one job when it is cut before the answer`, async () => {
    await using ways = await twoWays();
    const { nodes, first, second } = ways;
    const child = nodes.spawn([...command, "seq", "2"]);
    const output = child.output();
    const job = await waitFor(
      "the job",
      async () => (await nodes.jobs.list())[0],
    );
    equal(second.accepted, 0);
    first.cut();
    const { code, ...bytes } = await output;
    const said = new TextDecoder().decode(bytes.stdout);
    deepEqual([code, said], [0, stdout ?? `${job.id}\n`]);
    equal(second.accepted > 0, true);
    equal((await nodes.jobs.list()).length, 1);
  });
}

Deno.test("worker run goes on when it is cut before the answer and there is one way only", async () => {
  await using ways = await twoWays();
  const { nodes, first } = ways;
  nodes.addr = nodes.addr.split(",")[0]!;
  const output = nodes.spawn(["run", "seq", "2"]).output();
  await waitFor("the job", async () => (await nodes.jobs.list())[0]);
  first.mute = false;
  first.cut();
  const { code, stdout } = await output;
  deepEqual([code, new TextDecoder().decode(stdout)], [0, "1\n2\n"]);
  equal((await nodes.jobs.list()).length, 1);
});
