import { CertificateError } from "./errors.ts";

/** Tags of the ASN.1 types that certificates are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  universalString: 0x1c,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One DER element: views into the bytes that were read, nothing is copied. */
export interface DerElement {
  tag: number;
  /** The content. */
  value: Uint8Array;
  /** Tag, length and content. */
  raw: Uint8Array;
}

/**
 * Reads DER (ITU-T X.690) strictly: definite and minimal lengths, one-byte tags, nothing that
 * reaches past its container. What is not that is a `malformed` {@linkcode CertificateError}.
 */
export class DerReader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** The next element's tag, or -1 at the end. */
  get nextTag(): number {
    return this.bytes[this.#at] ?? -1;
  }

  /** @throws {CertificateError} `malformed` when the next element is not of this tag. */
  read(tag: number = this.nextTag): DerElement {
    const start = this.#at;
    if (this.nextTag !== tag || (tag & 0x1f) === 0x1f) {
      throw malformed(`unexpected tag at byte ${start}`);
    }
    const length = this.#readLength(start + 1);
    const from = this.#at;
    if (length > this.bytes.length - from) {
      throw malformed(`an element at byte ${start} is cut off`);
    }
    this.#at = from + length;
    return {
      tag,
      value: this.bytes.subarray(from, this.#at),
      raw: this.bytes.subarray(start, this.#at),
    };
  }

  /** A reader of the next element's content. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).value);
  }

  /** The next element when it has this tag. */
  optional(tag: number): DerElement | null {
    return this.nextTag === tag ? this.read(tag) : null;
  }

  /** @throws {CertificateError} `malformed` when something is left. */
  end(): void {
    if (!this.done) throw malformed(`unexpected bytes at byte ${this.#at}`);
  }

  #readLength(at: number): number {
    const first = this.bytes[at] ?? 0x80;
    this.#at = at + 1;
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) {
      throw malformed(`an unusable length at byte ${at}`);
    }
    let length = 0;
    for (let i = 1; i <= count; i++) {
      length = length << 8 | (this.bytes[at + i] ?? 0);
    }
    this.#at = at + 1 + count;
    if (length < 0x80 || length < 1 << 8 * (count - 1)) {
      throw malformed(`a length at byte ${at} is not minimal`);
    }
    return length;
  }
}

/** The dotted form of an object identifier's content. */
export function oidText(value: Uint8Array): string {
  if (value.length === 0 || value[value.length - 1]! >= 0x80) {
    throw malformed("an object identifier is cut off");
  }
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of value) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(arc / 40), 2);
      arcs.push(root, arc - 40 * root);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** Lower-case hex of an INTEGER's content without its sign byte, two digits a byte. */
export function integerHex(value: Uint8Array): string {
  if (value.length === 0) throw malformed("an integer is empty");
  const unsigned = value.length > 1 && value[0] === 0
    ? value.subarray(1)
    : value;
  return unsigned.toHex();
}

/** The text of a character string of any of the types that names use. */
export function stringText({ tag, value }: DerElement): string {
  const label = tag === TAG.bmpString
    ? "utf-16be"
    : tag === TAG.utf8String
    ? "utf-8"
    : "latin1";
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(
      value,
    );
  } catch (cause) {
    throw malformed("a text is not in its encoding", { cause });
  }
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime as RFC 5280 has them. */
export function timeMs({ tag, value }: DerElement): number {
  const text = new TextDecoder("latin1").decode(value);
  const digits = tag === TAG.utcTime
    ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text
    : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!match || (tag !== TAG.utcTime && tag !== TAG.generalizedTime)) {
    throw malformed(`"${text}" is not a time`);
  }
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
  );
  if (Number.isNaN(ms)) throw malformed(`"${text}" is not a time`);
  return ms;
}

export function malformed(
  what: string,
  options?: ErrorOptions,
): CertificateError {
  return new CertificateError(
    "malformed",
    `not a valid X.509 certificate: ${what}`,
    options,
  );
}
