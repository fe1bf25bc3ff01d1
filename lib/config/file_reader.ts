import type { Document, LineCounter, Node, Pair } from "./yaml.ts";
import { advise } from "./advise.ts";
import type { ConfigProblem } from "./config_error.ts";
import { describeNode, textOf } from "./describe_node.ts";
import type { Given, GivenText } from "./given.ts";
import type { Origin } from "./origin.ts";
import type { MapSetting, Setting } from "./setting.ts";
import { SETTING_NAMES, type SettingName, SETTINGS } from "./settings.ts";
import type { Yaml } from "./yaml_document.ts";

/** What a {@linkcode FileReader} reads. */
export interface FileReaderOptions {
  readonly path: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
}

/** A key of a mapping, and what stands behind it. */
interface NamedNode {
  readonly key: Node;
  readonly name: string;
  readonly value: Node | null;
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
    const pairs = this.#pairs(root, {
      name: null,
      expected: '"key: value", one a line',
    });
    for (const { key, name, value } of pairs) {
      const known = SETTING_NAMES.find((one) => one === name);
      const given = known && this.#given(known, key, value);
      if (known && given) found[known] = given;
      if (known) continue;
      const otherwise = "see `worker config init` for all";
      const advice = advise(name, SETTING_NAMES, otherwise);
      this.#refuse(key, null, `"${name}" is not a setting: ${advice}`);
    }
    return found;
  }

  #given(name: SettingName, key: Node, value: Node | null): Given | null {
    const setting: Setting = SETTINGS[name];
    const node = this.#resolve(value);
    if (value === null || node === null || this.#isEmpty(node)) {
      const message = `"" is no value: write ${setting.expected}`;
      this.#refuse(key, name, `${message}, or remove the line`);
      return null;
    }
    const at = this.#origin(value);
    if (setting.shape === "map") {
      return { texts: this.#map(name, setting, node), at };
    }
    const items = setting.shape === "list" && this.#yaml.isSeq(node) &&
        node.tag === undefined
      ? node.items as Node[]
      : [value];
    const texts = items.map((item) => this.#text(name, setting, item));
    return { texts: texts.filter((text) => text !== null), at };
  }

  #map(
    name: SettingName,
    setting: MapSetting<unknown>,
    node: Node,
  ): GivenText[] {
    const { key, text } = setting.example;
    const expected = `"${key}: ${text}", one a line`;
    return this.#pairs(node, { name, expected }).flatMap((pair) => {
      const text = this.#text(name, setting, pair.value ?? pair.key);
      // Its place is the key's when the key is what is wrong.
      const known = setting.keys.includes(pair.name);
      const at = known ? text?.at : this.#origin(pair.key);
      return text && at ? [{ ...text, at, key: pair.name }] : [];
    });
  }

  /** The pairs of a mapping whose keys are words; a key that comes again is told. */
  #pairs(
    node: Node,
    { name, expected }: { name: SettingName | null; expected: string },
  ): NamedNode[] {
    if (!this.#yaml.isMap(node) || node.tag !== undefined) {
      this.#refuse(node, name, `${this.#describe(node)}: write ${expected}`);
      return [];
    }
    const lines = new Map<string, number>();
    return (node.items as Pair<Node, Node | null>[]).flatMap((pair) => {
      const { key, value } = pair;
      if (!this.#yaml.isScalar(key) || key.tag !== undefined) {
        const message = `${this.#describe(key)}, which is no key: write a name`;
        this.#refuse(key, name, message);
        return [];
      }
      const word = textOf(key);
      const before = lines.get(word);
      if (before === undefined) {
        lines.set(word, this.#place(key).line);
        return [{ key, name: word, value }];
      }
      const message = `"${word}" is there already, on line ${before}`;
      this.#refuse(key, name, `${message}: keep one of them`);
      return [];
    });
  }

  /** A single value as it was written; numbers keep their digits. */
  #text(name: SettingName, setting: Setting, value: Node): GivenText | null {
    const node = this.#resolve(value);
    if (this.#yaml.isScalar(node) && node.tag === undefined) {
      const type = typeof node.value;
      const isNumber = type === "number" && setting.schema.type !== "string";
      if (type === "string" || isNumber) {
        return { text: textOf(node), at: this.#origin(value) };
      }
    }
    const found = setting.conceal
      ? "it is no text"
      : this.#describe(node ?? value);
    this.#refuse(value, name, `${found}: write ${setting.expected}`);
    return null;
  }

  #describe(node: Node): string {
    return describeNode(this.#yaml, node, this.#options.text);
  }

  #resolve(node: Node | null): Node | null {
    if (!this.#yaml.isAlias(node)) return node;
    return node.resolve(this.#options.document) ?? node;
  }

  #isEmpty(node: Node): boolean {
    return this.#yaml.isScalar(node) && node.value === null &&
      node.tag === undefined;
  }

  #place(node: Node): { line: number; column: number } {
    const { line, col } = this.#options.lines.linePos(node.range?.[0] ?? 0);
    return { line, column: col };
  }

  #origin(node: Node): Origin {
    return { kind: "file", path: this.#options.path, ...this.#place(node) };
  }

  #refuse(node: Node, key: string | null, message: string): void {
    this.problems.push({ at: this.#origin(node), key, message });
  }
}
