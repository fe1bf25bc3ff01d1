import type { Document, LineCounter, YAMLError } from "yaml";
import type { ConfigProblem } from "./config_error.ts";

/** The package, loaded by whoever has a file. */
export type Yaml = typeof import("yaml");

/** A text, and where it is from. */
export interface YamlText {
  readonly path: string;
  readonly text: string;
  /** Told where lines begin. */
  readonly lines: LineCounter;
}

/** What to write instead, for the mistakes that people make. */
const ADVICE: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  MISSING_CHAR: "close what was opened",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'write one "key: value" a line, unindented',
  TAG_RESOLVE_FAILED: "leave the tag out",
  BAD_DIRECTIVE: "leave the directive out",
};

/** The one document of a text (null: it is empty), or what about it is not YAML. */
export function parseDocument(
  yaml: Yaml,
  { path, text, lines }: YamlText,
): { document: Document.Parsed | null } | { problems: ConfigProblem[] } {
  const problem = (offset: number, message: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    const at = { kind: "file", path, line, column: col } as const;
    return { at, key: null, message };
  };
  const documents = [];
  try {
    documents.push(...yaml.parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      // Both places are told, by the one who reads the keys.
      uniqueKeys: false,
      logLevel: "silent",
    }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      problems: [
        problem(0, `"${path}" is nested too deeply: write "key: value"`),
      ],
    };
  }
  const describe = ({ code, message, pos }: YAMLError) =>
    problem(
      pos[0],
      `"${lineAt(text, pos[0])}" is not valid YAML (${message}): ${
        ADVICE[code] ?? 'write "key: value"'
      }`,
    );
  const problems = documents.flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(describe)
  );
  const second = documents[1];
  if (problems.length === 0 && second) {
    const start = text.indexOf("---", second.range[0]);
    problems.push(
      problem(start, `"---" begins a second document: keep one in the file`),
    );
  }
  return problems.length > 0
    ? { problems }
    : { document: documents[0] ?? null };
}

/** The line of an offset, as far as it fits into a message. */
function lineAt(text: string, offset: number): string {
  // At the end of the text there may be nothing but a line feed.
  const at = Math.min(offset, text.trimEnd().length);
  const from = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", from);
  const line = text.slice(from, end < 0 ? text.length : end).trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
