import { deepEqual, match, ok } from "node:assert/strict";
import { loadServeConfig } from "../../lib/config/load_serve_config.ts";
import { Scratch, sources, toldBy } from "./scratch.ts";
import { WRONG_FILES } from "./wrong_files.ts";

Deno.test("loadServeConfig() tells every mistake of a file with its place, key, value and what is expected", async (t) => {
  await using scratch = await Scratch.make();
  ok(WRONG_FILES.length >= 30);
  for (const [index, { what, text, told }] of WRONG_FILES.entries()) {
    await t.step(what, async () => {
      const path = await scratch.file(`${index}.yaml`, text);
      const flags = { config: [path] };
      deepEqual(
        await toldBy(loadServeConfig(sources({ flags }))),
        told.map((line) => `${path}:${line}`),
      );
    });
  }
});

Deno.test("loadServeConfig() tells the first fifty mistakes and how many more there are", async () => {
  await using scratch = await Scratch.make();
  const text = Array.from({ length: 80 }, (_, at) => `other${at}: 1\n`).join(
    "",
  );
  const config = await scratch.file("many.yaml", text);
  const told = await toldBy(
    loadServeConfig(sources({ flags: { config: [config] } })),
  );
  deepEqual(
    [told.length, told.at(-1)],
    [51, "and 30 more mistakes like these"],
  );
});

Deno.test("loadServeConfig() refuses what is not a file of settings", async (t) => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
  const cases: [string, Uint8Array | null, string][] = [
    [
      "zero",
      Uint8Array.of(97, 10, 0),
      `2:1: "FILE" is not text: it has a zero byte; name a file of settings`,
    ],
    [
      "latin",
      Uint8Array.of(35, 10, 35, 0xe4, 10),
      `2:1: "FILE" is not UTF-8: save it as UTF-8`,
    ],
    [
      "large",
      new Uint8Array(2 ** 20 + 1).fill(10),
      `1:1: "FILE" is larger than 1 MiB: name a file of settings`,
    ],
    [
      "pipe",
      null,
      `1:1: "FILE" is not a regular file: name a file of settings`,
    ],
    [".", null, `1:1: "FILE" is a directory: name the file in it`],
  ];
  for (const [name, bytes, message] of cases) {
    await t.step(name, async () => {
      const path = bytes
        ? await scratch.file(name, bytes)
        : name === "."
        ? folder
        : `${folder}/${name}`;
      deepEqual(
        await toldBy(loadServeConfig(sources({ flags: { config: [path] } }))),
        [`${path}:${message.replace("FILE", path)}`],
      );
    });
  }
  await t.step("nothing there", async () => {
    const missing = `${folder}/none.yaml`;
    const expected =
      `"${missing}" is not there: name a file, or write one with \`worker config init\``;
    deepEqual(
      await toldBy(loadServeConfig(sources({ flags: { config: [missing] } }))),
      [`--config: ${expected}`],
    );
    deepEqual(
      await toldBy(
        loadServeConfig(
          sources({ env: { WORKER_SERVE_CONFIG: missing, HOME: "/" } }),
        ),
      ),
      [`WORKER_SERVE_CONFIG: ${expected}`],
    );
  });
});

Deno.test("loadServeConfig() refuses root a file that others may write", {
  // Only root can give files away.
  ignore: Deno.uid() !== 0,
}, async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.file("worker.yaml", "keep: 1d\n");
  const told = () =>
    toldBy(loadServeConfig(sources({ uid: 0, flags: { config: [path] } })));
  deepEqual(await told(), []);
  await Deno.chmod(path, 0o664);
  deepEqual(await told(), [
    `${path}:1:1: "${path}" may be written by others (mode 0664), and it decides what root runs: make it root's, mode 0644 or less`,
  ]);
  await Deno.chmod(path, 0o600);
  await Deno.chown(path, 65534, 0);
  deepEqual(await told(), [
    `${path}:1:1: "${path}" belongs to the user 65534, and it decides what root runs: make it root's, mode 0644 or less`,
  ]);
});

Deno.test("loadServeConfig() takes a file that says nothing, anchors, a byte order mark and CRLF", async () => {
  await using scratch = await Scratch.make();
  const texts = [
    "",
    "# nothing\n",
    "---\n",
    "{}\n",
    "output-cap: &size 1G\noutput-total: *size\n",
    "\ufeffkeep: 7d\r\nmax-jobs: 8\r\n",
    "%YAML 1.2\n---\nkeep: 7d\n...\n",
    "keep: 7d",
  ];
  for (const text of texts) {
    const config = [await scratch.file("worker.yaml", text)];
    deepEqual(
      await toldBy(loadServeConfig(sources({ flags: { config } }))),
      [],
    );
  }
});

Deno.test("loadServeConfig() refuses a file of too many levels", async () => {
  await using scratch = await Scratch.make();
  const config = [await scratch.file("deep.yaml", "- ".repeat(50_000))];
  const [told = ""] = await toldBy(
    loadServeConfig(sources({ flags: { config } })),
  );
  // Where it gives up depends on the stack.
  match(
    told,
    /deep\.yaml:1:\d+: "(- )+…" is not valid YAML \(too many levels\)/,
  );
});
