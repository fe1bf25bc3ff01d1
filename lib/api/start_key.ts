/** The header of a start that carries its key, see `StartOptions.key`. */
export const START_KEY_HEADER = "idempotency-key";

/** A key: 1 to 128 visible characters of ASCII. */
export const START_KEY = /^[\x21-\x7e]{1,128}$/;

/** A key that nobody else has. */
export function newStartKey(): string {
  return crypto.randomUUID();
}
