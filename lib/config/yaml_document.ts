import type { Document, LineCounter, YAMLError } from "./yaml.ts";
import type { ConfigProblem } from "./config_error.ts";
import type { Origin } from "./origin.ts";

/** The package, loaded by whoever has a file. */
export type Yaml = typeof import("./yaml.ts");

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
  UNEXPECTED_TOKEN: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'write one "key: value" a line, unindented',
  TAG_RESOLVE_FAILED: "leave the tag out",
  BAD_DIRECTIVE: "leave the directive out",
};

/** A line as most are. */
const KEY_AND_VALUE = /^([\w-]+):\s+(.+)$/;

/** The one document of a text (null: it is empty), or what about it is not YAML. */
export function parseDocument(
  yaml: Yaml,
  { path, text, lines }: YamlText,
): { document: Document.Parsed | null } | { problems: ConfigProblem[] } {
  const end = text.trimEnd().length;
  const place = (offset: number): Origin => {
    // What is missing at the end of the text is missing in its last line.
    const { line, col } = lines.linePos(Math.min(offset, end));
    return { kind: "file", path, line, column: col };
  };
  const documents = [...yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Whoever reads the keys can tell both places.
    uniqueKeys: false,
    logLevel: "silent",
  })];
  const describe = ({ code, message, pos }: YAMLError): ConfigProblem => {
    const line = lineAt(text, Math.min(pos[0], end));
    const [, key = null, value = line] = KEY_AND_VALUE.exec(line) ?? [];
    const advice = ADVICE[code] ?? 'write "key: value"';
    return {
      at: place(pos[0]),
      key,
      message: `"${cut(value)}" is not valid YAML (${
        // The parser calls itself for each level.
        message.includes("call stack")
          ? "too many levels"
          : message}): ${advice}`,
    };
  };
  const problems = documents.flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(describe)
  );
  const second = documents[1];
  if (problems.length === 0 && second) {
    problems.push({
      at: place(Math.max(0, text.indexOf("---", second.range[0]))),
      key: null,
      message: `"---" begins a second document: keep one in the file`,
    });
  }
  return problems.length > 0
    ? { problems }
    : { document: documents[0] ?? null };
}

/** As much of a text as fits into a message. */
export function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function lineAt(text: string, offset: number): string {
  const from = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", from);
  return text.slice(from, end < 0 ? text.length : end).trim();
}
