import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

/** 160 bits: nobody guesses them, and 32 characters stay copyable. */
const SECRET_BYTES = 20;
const ID_BYTES = 5;

/** No vowels and nothing that is mistaken for something else; 32 of them, five bits each. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The parts of a token: `worker-<id>-<secret>`. */
export interface JoinSecret {
  /** By which it is found and listed; no secret. */
  id: string;
  secret: string;
}

/** A new token, its secret of 160 random bits. */
export function createJoinSecret(): JoinSecret {
  return { id: random(ID_BYTES), secret: random(SECRET_BYTES) };
}

/** As it is told, once. */
export function formatJoinSecret({ id, secret }: JoinSecret): string {
  return `worker-${id}-${secret}`;
}

/** The parts of what somebody typed; null when it is no token. */
export function parseJoinSecret(text: string): JoinSecret | null {
  const match = /^worker-([0-9a-z]{8})-([0-9a-z]{32})$/.exec(text.trim());
  return match && { id: match[1]!, secret: match[2]! };
}

/** What is kept of a secret: it can be compared with, and not be used. */
export function hashOfSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Whether the secret is the one that was hashed; takes the same time for any. */
export function isSecretOf(secret: string, hash: string): boolean {
  return timingSafeEqual(
    Buffer.from(hashOfSecret(secret), "hex"),
    Buffer.from(hash, "hex"),
  );
}

function random(bytes: number): string {
  let bits = 0n;
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) {
    bits = bits << 8n | BigInt(byte);
  }
  let text = "";
  for (let left = bytes * 8; left > 0; left -= 5) {
    text = ALPHABET[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return text;
}
