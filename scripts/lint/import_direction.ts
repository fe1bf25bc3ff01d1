/** The lint plugin of this project: holds the direction of imports (see `import_rules.ts`). */
import { refuseImport } from "./import_rules.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

type Source = { type: string; value?: unknown } | null | undefined;

const plugin: Deno.lint.Plugin = {
  name: "worker",
  rules: {
    "import-direction": {
      create(context) {
        const check = (node: Deno.lint.Node, source: Source) => {
          if (source?.type !== "Literal") return;
          const specifier = String(source.value);
          if (!/^\.{0,2}\//.test(specifier)) return;
          const file = new URL(`file://${context.filename}`);
          const from = inProject(file);
          const to = inProject(new URL(specifier, file));
          if (from === null) return;
          const message = to === null
            ? `"${from}" may not import "${specifier}": it is outside the project`
            : refuseImport(from, to);
          if (message !== null) context.report({ node, message });
        };
        return {
          ImportDeclaration: (node) => check(node, node.source),
          ExportNamedDeclaration: (node) => check(node, node.source),
          ExportAllDeclaration: (node) => check(node, node.source),
          ImportExpression: (node) => check(node, node.source),
        };
      },
    },
  },
};

function inProject(url: URL): string | null {
  return url.pathname.startsWith(PROJECT)
    ? url.pathname.slice(PROJECT.length)
    : null;
}

export default plugin;
