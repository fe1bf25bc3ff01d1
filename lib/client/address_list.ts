import { WorkerError } from "../api/errors.ts";

/** Servers of which each is as good as the other, and which of them is in use. */
export class AddressList {
  readonly #addresses: readonly string[];
  #at = 0;

  /**
   * @param text `host:port`, or several with commas between them, the preferred one first.
   * @throws {WorkerError} `INVALID_ARGUMENT` naming what is not an address.
   */
  constructor(text: string) {
    this.#addresses = text.split(",").map((address) => address.trim());
    for (const address of this.#addresses) checkAddress(address);
  }

  get length(): number {
    return this.#addresses.length;
  }

  /** The one in use. */
  get current(): string {
    return this.#addresses[this.#at]!;
  }

  /** `address` was of no use: the next one is in use now, unless that has happened meanwhile. */
  leave(address: string): void {
    if (address !== this.current) return;
    this.#at = (this.#at + 1) % this.#addresses.length;
  }
}

function checkAddress(address: string): void {
  let url: URL | undefined;
  try {
    url = new URL(`https://${address}`);
  } catch {
    // Answered below: the address is what is wrong.
  }
  const bare = url?.pathname === "/" && !url.search && !url.hash &&
    !url.username && !/[/?#]/.test(address);
  if (!bare) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `"${address}" is not an address: write for example "localhost:7443"`,
    );
  }
}
