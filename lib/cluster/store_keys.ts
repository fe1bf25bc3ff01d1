import { StoreError } from "./store_error.ts";

const MAX_KEY_BYTES = 512;
const MAX_VALUE_CHARACTERS = 2 ** 20;

/** @throws {StoreError} `invalid` for what cannot be a key, or the beginning of one. */
export function checkKey(key: string, what: "key" | "prefix" = "key"): void {
  const empty = key === "" && what === "key";
  if (!empty && key.length <= MAX_KEY_BYTES && /^[\x21-\x7e]*$/.test(key)) {
    return;
  }
  throw new StoreError(
    "invalid",
    `"${
      key.slice(0, 80)
    }" can't be a ${what} of the store: use 1 to ${MAX_KEY_BYTES} printable ASCII characters without spaces`,
  );
}

/** @throws {StoreError} `invalid` for a value or a time to live that cannot be kept. */
export function checkPut(
  key: string,
  { value, ttlMs }: { value: string; ttlMs: number | undefined },
): void {
  checkKey(key);
  if (value.length > MAX_VALUE_CHARACTERS) {
    throw new StoreError(
      "invalid",
      `the value of "${key}" has ${value.length} characters: ${MAX_VALUE_CHARACTERS} is the most`,
    );
  }
  if (ttlMs !== undefined && !(ttlMs > 0 && Number.isFinite(ttlMs))) {
    throw new StoreError(
      "invalid",
      `"${key}" can't live for ${ttlMs} ms: give it more than 0`,
    );
  }
}

/** The first text behind all that begin with `prefix`: keys have no character above "~". */
export function endOf(prefix: string): string {
  return `${prefix}\x7f`;
}
