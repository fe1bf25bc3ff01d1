import type { Document, LineCounter, Node, Pair, Scalar } from "yaml";
import { nearest } from "../api/nearest.ts";
import type { ConfigProblem } from "./config_error.ts";
import type { Given, GivenText } from "./given.ts";
import type { Origin } from "./origin.ts";
import type { Setting } from "./setting.ts";
import { SETTING_NAMES, type SettingName, SETTINGS } from "./settings.ts";
import type { Yaml } from "./yaml_document.ts";

/** Where and what a {@linkcode FileReader} reads. */
export interface FileReaderOptions {
  readonly path: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
}

/** Finds the settings in a YAML document, and collects what is wrong with its shape. */
export class FileReader {
  readonly problems: ConfigProblem[] = [];
  readonly #yaml: Yaml;
  readonly #options: FileReaderOptions;

  constructor(yaml: Yaml, options: FileReaderOptions) {
    this.#yaml = yaml;
    this.#options = options;
  }

  /** Every setting of the document whose shape is right. */
  read(): Partial<Record<SettingName, Given>> {
    const root = this.#resolve(this.#options.document.contents);
    if (root === null || this.#isEmpty(root)) return {};
    const found: Partial<Record<SettingName, Given>> = {};
    for (const { key, name, value } of this.#pairs(root, null)) {
      const known = SETTING_NAMES.find((one) => one === name);
      if (known === undefined) {
        this.#refuse(
          key,
          null,
          `"${name}" is not a setting: ${
            advise(name, SETTING_NAMES, "see `worker config init` for all")
          }`,
        );
        continue;
      }
      const given = this.#given(known, key, value);
      if (given !== null) found[known] = given;
    }
    return found;
  }

  #given(name: SettingName, key: Node, value: Node | null): Given | null {
    const setting: Setting = SETTINGS[name];
    const node = this.#resolve(value);
    if (node === null || this.#isEmpty(node)) {
      this.#refuse(
        key,
        name,
        `"${name}" has no value: write ${setting.expected}, or remove the line`,
      );
      return null;
    }
    const at = this.#origin(value ?? key);
    if (setting.shape === "map") return this.#map(name, setting, node, at);
    if (setting.shape === "list" && this.#yaml.isSeq(node)) {
      const texts = node.items.map((item) =>
        this.#text(name, setting, item as Node)
      );
      return { texts: texts.filter((text) => text !== null), at };
    }
    const text = this.#text(name, setting, value ?? key);
    return text && { texts: [text], at };
  }

  #map(
    name: SettingName,
    setting: Setting & { shape: "map" },
    node: Node,
    at: Origin,
  ): Given {
    const texts: GivenText[] = [];
    for (const pair of this.#pairs(node, name)) {
      const known = setting.keys.includes(pair.name);
      if (!known) {
        this.#refuse(
          pair.key,
          name,
          `"${pair.name}" is not a ${setting.keyName}: ${
            advise(pair.name, setting.keys, `write ${setting.keys.join(", ")}`)
          }`,
        );
      }
      const text = this.#text(name, setting, pair.value ?? pair.key);
      if (text !== null && known) texts.push({ ...text, key: pair.name });
    }
    return { texts, at };
  }

  /** The pairs of a mapping whose keys are words; a key that comes again is told. */
  #pairs(node: Node, name: SettingName | null) {
    if (!this.#yaml.isMap(node) || node.tag !== undefined) {
      this.#refuse(
        node,
        name,
        `${this.#describe(node)}: write "${
          name === null ? "key" : "name"
        }: value", one a line`,
      );
      return [];
    }
    const first = new Map<string, number>();
    return (node.items as Pair<Node, Node | null>[]).flatMap((pair) => {
      const { key, value } = pair;
      if (!this.#yaml.isScalar(key) || key.tag !== undefined) {
        this.#refuse(
          key,
          name,
          `${this.#describe(key)} as a key: write a name`,
        );
        return [];
      }
      const word = textOf(key);
      const line = this.#line(key);
      const before = first.get(word);
      if (before !== undefined) {
        this.#refuse(
          key,
          name,
          `"${word}" is there already, on line ${before}: keep one of them`,
        );
        return [];
      }
      first.set(word, line);
      return [{ key: key as Node, name: word, value }];
    });
  }

  /** A single value as it was written; numbers keep their digits. */
  #text(name: SettingName, setting: Setting, value: Node): GivenText | null {
    const node = this.#resolve(value);
    const scalar = this.#yaml.isScalar(node) ? node : null;
    const wrong = scalar === null || node?.tag !== undefined ||
      scalar.value === null || typeof scalar.value === "boolean" ||
      (typeof scalar.value === "number" && takesText(setting));
    if (!wrong) return { text: textOf(scalar), at: this.#origin(value) };
    this.#refuse(
      value,
      name,
      `${this.#describe(node ?? value)}: write ${setting.expected}`,
    );
    return null;
  }

  /** What is there instead of what was expected, in quotes. */
  #describe(node: Node): string {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    if (isAlias(node)) return `"*${node.source}" stands for nothing`;
    const source = `"${node.toString().trim().split("\n")[0]}"`;
    if (node.tag !== undefined) return `${source} has a tag`;
    if (isMap(node)) return `${source} is a mapping`;
    if (isSeq(node)) return `${source} is a list`;
    if (!isScalar(node)) return `${source} cannot be used`;
    if (node.value === null) return `${source} is no value`;
    return `"${textOf(node)}" is a ${typeof node.value}`;
  }

  #resolve(node: Node | null): Node | null {
    if (!this.#yaml.isAlias(node)) return node;
    return node.resolve(this.#options.document) ?? node;
  }

  #isEmpty(node: Node): boolean {
    return this.#yaml.isScalar(node) && node.value === null &&
      node.tag === undefined;
  }

  #origin(node: Node): Origin {
    const { line, col } = this.#options.lines.linePos(node.range?.[0] ?? 0);
    return { kind: "file", path: this.#options.path, line, column: col };
  }

  #line(node: Node): number {
    return this.#options.lines.linePos(node.range?.[0] ?? 0).line;
  }

  #refuse(node: Node, key: string | null, message: string): void {
    this.problems.push({ at: this.#origin(node), key, message });
  }
}

/** `8` and `"8"` are one text; what is not in quotes is taken as it was written. */
function textOf(scalar: Scalar): string {
  return scalar.type === "PLAIN" && scalar.source !== undefined
    ? scalar.source
    : String(scalar.value);
}

function takesText(setting: Setting): boolean {
  return setting.schema.type === "string";
}

function advise(
  word: string,
  known: readonly string[],
  otherwise: string,
): string {
  const meant = nearest(word, known);
  return meant === null ? otherwise : `did you mean "${meant}"?`;
}
