/** Bytes of the dynamic table that a peer may fill: the default that this server never raises. */
const TABLE_BYTES = 4096;

/** Entries of the static table (RFC 7541, appendix A). */
const STATIC_ENTRIES = 61;

/** More than any name, and than any entry, of the static table. */
const STATIC_NAME_BYTES = 32;
const STATIC_ENTRY_BYTES = 64;

/** What a field counts beyond its text (RFC 7541, 4.1, and RFC 9113, 6.5.2). */
export const FIELD_OVERHEAD_BYTES = 32;

/** The shortest Huffman code has 5 bits. */
const HUFFMAN_GROWTH = 8 / 5;

interface Entry {
  name: number;
  size: number;
}

/**
 * How large the header lists of one HPACK connection become when they are decoded, without decoding
 * them: an upper bound of RFC 9113's header list size, found from lengths alone.
 *
 * Sizes of Huffman-coded text are taken as large as they can be, so that this table forgets an
 * entry no later than the real one; what it has forgotten counts as large as an entry can be.
 */
export class HpackSize {
  /** The dynamic table, newest first. */
  #table: Entry[] = [];
  #tableSize = 0;
  #capacity = TABLE_BYTES;
  #block: Uint8Array = new Uint8Array();
  #at = 0;

  /**
   * The size of `block`, the next header block of the connection in its order. Stops counting
   * above `limit`, after which the connection must not be used any more.
   */
  measure(block: Uint8Array, limit: number): number {
    this.#block = block;
    this.#at = 0;
    let size = 0;
    while (this.#at < block.length && size <= limit) {
      const first = block[this.#at]!;
      if (first & 0x80) size += this.#entry(this.#integer(7)).size;
      else if (first & 0x40) size += this.#insert(this.#literal(6)).size;
      else if (first & 0x20) this.#resize(this.#integer(5));
      else size += this.#literal(4).size;
    }
    return size;
  }

  #literal(prefixBits: number): Entry {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#text() : this.#entry(index).name;
    return { name, size: name + this.#text() + FIELD_OVERHEAD_BYTES };
  }

  #entry(index: number): Entry {
    if (index <= STATIC_ENTRIES) {
      return { name: STATIC_NAME_BYTES, size: STATIC_ENTRY_BYTES };
    }
    return this.#table[index - STATIC_ENTRIES - 1] ??
      { name: TABLE_BYTES, size: TABLE_BYTES };
  }

  #insert(entry: Entry): Entry {
    this.#table.unshift(entry);
    this.#tableSize += entry.size;
    this.#evict();
    return entry;
  }

  #resize(capacity: number): void {
    this.#capacity = Math.min(capacity, TABLE_BYTES);
    this.#evict();
  }

  #evict(): void {
    while (this.#tableSize > this.#capacity) {
      this.#tableSize -= this.#table.pop()!.size;
    }
  }

  #text(): number {
    const huffman = (this.#block[this.#at] ?? 0) & 0x80;
    const length = this.#integer(7);
    this.#at += length;
    return huffman ? Math.ceil(length * HUFFMAN_GROWTH) : length;
  }

  /** An integer with a prefix of so many bits (RFC 7541, 5.1). */
  #integer(prefixBits: number): number {
    const max = 2 ** prefixBits - 1;
    let value = (this.#block[this.#at++] ?? 0) & max;
    if (value < max) return value;
    for (let factor = 1; this.#at < this.#block.length; factor *= 128) {
      const byte = this.#block[this.#at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  }
}
