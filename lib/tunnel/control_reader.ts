import {
  CONTROL_SCHEMAS,
  type NodeMessage,
  type ProxyMessage,
} from "./control_message.ts";

/** A list of thousands of proxies fits; a peer can't fill the memory with one line. */
const MAX_LINE_BYTES = 4 << 20;

const NEWLINE = 0x0a;

/** Whom a {@linkcode ControlReader} listens to. */
export interface Speaker<From extends "proxy" | "node"> {
  from: From;
  /** Who it must be, by its certificate. */
  name: string;
}

/**
 * Takes the control stream of a tunnel apart, and sees to its order: a hello comes first, once, and
 * from whom the certificate names. Lines of types that it does not know are left out, so that a
 * newer peer may say more.
 */
export class ControlReader<From extends "proxy" | "node"> {
  readonly #schema;
  readonly #known: ReadonlySet<string>;
  readonly #text = new TextDecoder("utf-8", { fatal: true });
  #partial: Uint8Array[] = [];
  #length = 0;
  readonly #speaker: Speaker<From>;
  #greeted = false;

  constructor(speaker: Speaker<From>) {
    const { from } = this.#speaker = speaker;
    this.#schema = CONTROL_SCHEMAS[from];
    this.#known = new Set(
      this.#schema.options.map(({ shape }) => shape.type.value),
    );
  }

  /**
   * The messages that `bytes` complete, each when it is asked for.
   *
   * @throws {Error} when a line is too long, not a message, or out of its order; nothing may be read
   * after that.
   */
  *push(
    bytes: Uint8Array,
  ): Generator<From extends "proxy" ? ProxyMessage : NodeMessage> {
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      this.#length += end - start;
      if (this.#length > MAX_LINE_BYTES) {
        throw new Error(
          `a line of the control stream has more than ${MAX_LINE_BYTES} bytes`,
        );
      }
      this.#partial.push(bytes.slice(start, end));
      start = end + 1;
      if (newline < 0) break;
      const message = this.#parse(this.#takeLine());
      if (message === null) continue;
      this.#checkOrder(message);
      yield message as From extends "proxy" ? ProxyMessage : NodeMessage;
    }
  }

  #checkOrder(message: ProxyMessage | NodeMessage): void {
    const { from, name } = this.#speaker;
    if (message.type !== "hello") {
      if (this.#greeted) return;
      throw new Error(`the ${from} said no hello first`);
    }
    if (this.#greeted) throw new Error(`the ${from} said hello twice`);
    this.#greeted = true;
    const said = "proxy" in message ? message.proxy : message.node;
    if (said === name) return;
    throw new Error(
      `the ${from} says that it is ${JSON.stringify(said.slice(0, 64))}, ` +
        `but its certificate says "${name}"`,
    );
  }

  #takeLine(): Uint8Array {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#partial) {
      line.set(part, at);
      at += part.length;
    }
    this.#partial = [];
    this.#length = 0;
    return line;
  }

  #parse(line: Uint8Array): ProxyMessage | NodeMessage | null {
    let value: unknown;
    try {
      value = JSON.parse(this.#text.decode(line));
    } catch (cause) {
      throw new Error("a line of the control stream is not JSON", { cause });
    }
    const type = (value as { type?: unknown } | null)?.type;
    if (typeof type === "string" && !this.#known.has(type)) return null;
    const { success, data, error } = this.#schema.safeParse(value);
    if (success) return data;
    const [issue] = error.issues;
    throw new Error(
      `a message of the control stream is wrong at "${
        issue?.path.join(".")
      }": ${issue?.message}`,
    );
  }
}
