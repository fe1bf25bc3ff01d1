/** The links between documents lead somewhere, and every decision is found by one. */
import { deepEqual } from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Every document of the project, by its path. */
function documents(): Map<string, string> {
  const paths = ["README.md", "CHANGELOG.md"];
  for (const folder of ["docs", "docs/decisions"]) {
    for (const { name } of Deno.readDirSync(join(ROOT, folder))) {
      if (name.endsWith(".md")) paths.push(`${folder}/${name}`);
    }
  }
  return new Map(
    paths.map((path) => [path, Deno.readTextFileSync(join(ROOT, path))]),
  );
}

/** What stands outside blocks of code. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, "");
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(markdown: string): Set<string> {
  const headings = prose(markdown).matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(
      headings,
      ([, heading]) =>
        heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
          .replaceAll(" ", "-"),
    ),
  );
}

/** Where the links of a document lead, those to other sites apart. */
function links(markdown: string): string[] {
  return Array.from(
    prose(markdown).matchAll(/\]\(([^)\s]+)\)/g),
    ([, target]) => target!,
  ).filter((target) => !/^[a-z]+:/.test(target));
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

Deno.test("links in the documents lead to files and headings that are there", () => {
  const all = documents();
  const broken: string[] = [];
  for (const [path, text] of all) {
    for (const link of links(text)) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      const heading = anchor === undefined ||
        (all.has(target) && anchors(all.get(target)!).has(anchor));
      if (!isThere(target) || !heading) broken.push(`${path}: ${link}`);
    }
  }
  deepEqual(broken, []);
});

Deno.test("decisions are numbered without a gap, and each is linked from a document", () => {
  const all = documents();
  const decisions = [...all.keys()].filter((path) =>
    path.startsWith("docs/decisions/")
  ).sort();
  deepEqual(
    decisions.map((path) =>
      Number(path.slice("docs/decisions/".length, -3).split("-")[0])
    ),
    decisions.map((_, index) => index + 1),
  );
  const linked = new Set(
    [...all].flatMap(([path, text]) =>
      links(text).map((link) =>
        relative(".", join(dirname(path), link.split("#")[0]!))
      )
    ),
  );
  deepEqual(decisions.filter((path) => !linked.has(path)), []);
});
