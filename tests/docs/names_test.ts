/** What the code calls something is what the documents call it. */
import { deepEqual, equal } from "node:assert/strict";
import { AUDIT_ACTIONS } from "../../lib/api/audit_event.ts";
import { ERROR_STATUS } from "../../lib/api/errors.ts";
import { LOG_CATEGORIES } from "../../lib/log.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

const API = read("docs/API.md");
const ARCHITECTURE = read("docs/ARCHITECTURE.md");
const OPERATIONS = read("docs/OPERATIONS.md");

/** The files of a folder and of those in it. */
function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* files(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

const SOURCES = [...files("lib")].filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: read(path) }));

/** What a pattern's first group finds in the sources, once each. */
function named(pattern: RegExp, under = "lib/"): string[] {
  const found = SOURCES.filter(({ path }) => path.startsWith(under))
    .flatMap(({ text }) =>
      Array.from(text.matchAll(pattern), ([, name]) => name!)
    );
  return [...new Set(found)];
}

function missing(names: readonly string[], text: string): string[] {
  return names.filter((name) => !text.includes(`\`${name}`));
}

Deno.test("OPERATIONS.md names every metric, and none that there is not", () => {
  const metrics = named(/"(worker_[a-z_]+)"/g).filter((name) =>
    // The files of users and programs have such names, too.
    !name.endsWith("_")
  );
  equal(metrics.length > 30, true);
  deepEqual(missing(metrics, OPERATIONS), []);
  const told = Array.from(
    OPERATIONS.matchAll(/`(worker_[a-z_]+)/g),
    ([, name]) => name!,
  );
  deepEqual(told.filter((name) => !metrics.includes(name)), []);
});

Deno.test("OPERATIONS.md names every logger", () => {
  deepEqual(
    missing(LOG_CATEGORIES.map((name) => `worker.${name}`), OPERATIONS),
    [],
  );
});

Deno.test("API.md names every audit action and every error code", () => {
  deepEqual(missing(AUDIT_ACTIONS, API), []);
  deepEqual(missing(Object.keys(ERROR_STATUS), API), []);
});

Deno.test("API.md has every path of the HTTP API", () => {
  const paths = named(
    /^\s*(?:path|node|proxy): "(\/[^"]+)"/gm,
    "lib/http/routes/",
  );
  equal(paths.length > 20, true, paths.join());
  deepEqual(paths.filter((path) => !API.includes(path)), []);
});

Deno.test("ARCHITECTURE.md has every folder, service, and event", () => {
  const folders = ["lib", "cli", "certs"].flatMap((top) =>
    [...files(top)].map((path) => path.split("/").slice(0, -1))
  ).filter((segments) => segments.length > 1);
  // Those within a part's folder are told of in its row, by their own name.
  const unnamed = folders.filter((segments) =>
    missing([`${segments.join("/")}/`], ARCHITECTURE).length > 0 &&
    (segments.length === 2 && segments[0] === "lib" ||
      missing([`${segments.at(-1)}/`], ARCHITECTURE).length > 0)
  ).map((segments) => segments.join("/"));
  deepEqual([...new Set(unnamed)], []);
  const services = named(/^ {4}name: "([a-z-]+)"/gm, "lib/daemon/services/");
  equal(services.length > 10, true);
  deepEqual(
    services.filter((name) => !ARCHITECTURE.includes(`| \`${name}\``)),
    [],
  );
  const events = named(/^ {2}([A-Z][A-Za-z]+): /gm, "lib/daemon/events.ts");
  equal(events.length > 10, true);
  deepEqual(missing(events, ARCHITECTURE), []);
});
