import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { CertificateStoreError } from "./errors.ts";
import { formatPem } from "./pem.ts";

/** The kinds of key that certificates are made for. */
export const KEY_TYPES = ["p256", "ed25519", "rsa4096"] as const;

/** One of {@linkcode KEY_TYPES}. */
export type KeyType = (typeof KEY_TYPES)[number];

/** The Web Crypto algorithm that makes a key and signs with it. */
interface SigningAlgorithm {
  name: string;
  namedCurve?: string;
  hash?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array<ArrayBuffer>;
}

/** A key pair and how it signs. */
export interface SigningKeys extends CryptoKeyPair {
  algorithm: SigningAlgorithm;
  /** PKCS#8. */
  privateKeyPem: string;
}

const GENERATE: Record<KeyType, SigningAlgorithm> = {
  p256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ed25519: { name: "Ed25519" },
  rsa4096: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 4096,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
};

/** Makes a new key pair; RSA takes seconds. */
export async function generateKeys(type: KeyType): Promise<SigningKeys> {
  const algorithm = GENERATE[type];
  const pair = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  return {
    publicKey: pair.publicKey,
    privateKey: pair.privateKey,
    algorithm,
    privateKeyPem: formatPem("PRIVATE KEY", new Uint8Array(pkcs8)),
  };
}

/**
 * Reads a private key from PEM (PKCS#8, SEC 1 or PKCS#1, not encrypted).
 *
 * @param source What to call the text in an error, e.g. its file name.
 * @throws {CertificateStoreError} `damaged`
 */
export async function readKeys(
  pem: string,
  source: string,
): Promise<SigningKeys> {
  try {
    const privateKey = createPrivateKey(pem);
    const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
    const spki = createPublicKey(pem).export({ format: "der", type: "spki" });
    const algorithm = algorithmOf(
      privateKey.asymmetricKeyType,
      privateKey.asymmetricKeyDetails?.namedCurve,
    );
    return {
      privateKey: await crypto.subtle.importKey(
        "pkcs8",
        new Uint8Array(pkcs8),
        algorithm,
        true,
        ["sign"],
      ),
      publicKey: await crypto.subtle.importKey(
        "spki",
        new Uint8Array(spki),
        algorithm,
        true,
        ["verify"],
      ),
      algorithm,
      privateKeyPem: formatPem("PRIVATE KEY", new Uint8Array(pkcs8)),
    };
  } catch (cause) {
    throw new CertificateStoreError(
      "damaged",
      `"${source}" is not a private key that can sign (P-256, P-384, Ed25519 or RSA in PEM, without a passphrase)`,
      { cause },
    );
  }
}

/** The least bits of an RSA key that is certified. */
const LEAST_RSA_BITS = 2048;

/**
 * Reads a public key that somebody else wants certified.
 *
 * @param spki DER of the SubjectPublicKeyInfo.
 * @throws {CertificateStoreError} `invalid` for a key of a kind that is not accepted, or too short.
 */
export async function readPublicKey(
  spki: Uint8Array,
): Promise<{ key: KeyObject; cryptoKey: CryptoKey }> {
  try {
    const key = createPublicKey({
      key: Buffer.from(spki),
      format: "der",
      type: "spki",
    });
    const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
    const algorithm = algorithmOf(key.asymmetricKeyType, namedCurve);
    if (
      key.asymmetricKeyType === "rsa" && !(modulusLength! >= LEAST_RSA_BITS)
    ) throw new Error(`RSA with ${modulusLength} bits is too short`);
    const cryptoKey = await crypto.subtle.importKey(
      "spki",
      new Uint8Array(spki),
      algorithm,
      true,
      ["verify"],
    );
    return { key, cryptoKey };
  } catch (cause) {
    throw new CertificateStoreError(
      "invalid",
      `the public key can't be certified (${
        (cause as Error).message
      }): use P-256, P-384, Ed25519, or RSA with ${LEAST_RSA_BITS} bits or more`,
      { cause },
    );
  }
}

/** Whether a private key in PEM belongs to a certificate's SubjectPublicKeyInfo. */
export function isKeyOf(privateKeyPem: string, publicKey: Uint8Array): boolean {
  const spki = createPublicKey(privateKeyPem).export({
    format: "der",
    type: "spki",
  });
  return Buffer.from(publicKey).equals(new Uint8Array(spki));
}

function algorithmOf(
  keyType: string | undefined,
  curve: string | undefined,
): SigningAlgorithm {
  switch (`${keyType} ${curve ?? ""}`.trim()) {
    case "ec prime256v1":
    case "ec p256":
      return GENERATE.p256;
    case "ec secp384r1":
    case "ec p384":
      return { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
    case "ed25519":
      return GENERATE.ed25519;
    case "rsa":
      return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    default:
      throw new Error(`keys of type "${keyType}" are not used`);
  }
}
