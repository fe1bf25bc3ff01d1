import {
  type DerElement,
  DerReader,
  integerHex,
  oidText,
  TAG,
} from "./_der.ts";
import { alternativeNames } from "./_extensions.ts";
import { isSignedBy } from "./_signature.ts";
import type { AlternativeName } from "./alternative_name.ts";
import { CertificateStoreError } from "./errors.ts";
import { readKeys, readPublicKey } from "./keys.ts";
import { ATTRIBUTE, checkedName } from "./names.ts";
import {
  algorithmOid,
  bitStringBytes,
  readExtensions,
  readName,
} from "./parsed_certificate.ts";
import { formatPem, parsePem } from "./pem.ts";

/** What somebody asks to have certified: a wish, of which only the key is proved. */
export interface CertificateRequest {
  /** The common name that it asks for; null when it asks for none. */
  name: string | null;
  /** The alternative names that it asks for. */
  sans: AlternativeName[];
  /** DER of the SubjectPublicKeyInfo; its private key signed the request. */
  publicKey: Uint8Array;
}

/** Longest request that is looked at. */
const MAX_CHARACTERS = 64 * 1024;

const TAG_ATTRIBUTES = 0xa0;
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/**
 * Makes a certificate signing request (PKCS #10, RFC 2986) in PEM; the key stays here.
 *
 * @throws {CertificateStoreError} `damaged` for a key that can't sign, `invalid` for a name or an
 * alternative name that can't be asked for.
 */
export async function createCertificateRequest(
  keyPem: string,
  { name, sans = [] }: { name: string; sans?: readonly AlternativeName[] },
): Promise<string> {
  const keys = await readKeys(keyPem, `the key of ${name}`);
  const x509 = await import("./_x509.ts");
  const names = sans.map(({ type, value }) => {
    if (type === "DNS") return { type: "dns" as const, value };
    if (type === "IP") return { type: "ip" as const, value };
    throw new CertificateStoreError(
      "invalid",
      `the alternative name "${value}" can't be asked for: use a host name or an address`,
    );
  });
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [checkedName(name)] }],
    keys,
    signingAlgorithm: keys.algorithm,
    extensions: names.length > 0
      ? [new x509.SubjectAlternativeNameExtension(names)]
      : [],
  });
  return formatPem("CERTIFICATE REQUEST", new Uint8Array(request.rawData));
}

/**
 * Reads a certificate signing request in PEM that came from outside, and checks that whoever made
 * it has the private key.
 *
 * @throws {CertificateStoreError} `invalid` when it is not one, its signature is wrong, or its key
 * is of a kind that is not accepted.
 */
export async function readCertificateRequest(
  pem: string,
): Promise<CertificateRequest> {
  if (pem.length > MAX_CHARACTERS) throw unusable("it is too long");
  const block = parse(() => parsePem(pem)).find(({ label }) =>
    /^(NEW )?CERTIFICATE REQUEST$/.test(label)
  );
  if (!block) throw unusable("there is no PEM block CERTIFICATE REQUEST in it");
  const { request, signed } = parse(() => takeApart(block.der));
  const { key } = await readPublicKey(request.publicKey);
  if (!isSignedBy(signed, key)) {
    throw unusable(
      "its signature is not of its key, or not by ECDSA, Ed25519 or RSA with SHA-256 or longer",
    );
  }
  return request;
}

function takeApart(der: Uint8Array) {
  const outer = new DerReader(der);
  const whole = outer.enter(TAG.sequence);
  outer.end();
  const tbs = whole.read(TAG.sequence);
  const algorithm = whole.read(TAG.sequence);
  const signature = bitStringBytes(whole.read(TAG.bitString));
  whole.end();

  const body = new DerReader(tbs.value);
  const version = integerHex(body.read(TAG.integer).value);
  if (version !== "00") throw unusable(`its version is ${version}`);
  const subject = readName(body.read(TAG.sequence));
  const publicKey = body.read(TAG.sequence).raw;
  const extensions = requestedExtensions(body.optional(TAG_ATTRIBUTES));
  body.end();
  return {
    request: {
      name: subject.find(({ oid }) => oid === ATTRIBUTE.commonName)?.value ??
        null,
      sans: alternativeNames({ extensions }),
      publicKey,
    },
    signed: {
      tbs: tbs.raw,
      signature,
      signatureAlgorithm: algorithmOid(algorithm),
    },
  };
}

function requestedExtensions(attributes: DerElement | null) {
  const list = new DerReader(attributes?.value ?? new Uint8Array());
  while (!list.done) {
    const attribute = list.enter(TAG.sequence);
    const oid = oidText(attribute.read(TAG.oid).value);
    const values = attribute.read(TAG.set);
    if (oid === EXTENSION_REQUEST) return readExtensions(values);
  }
  return new Map();
}

/** The readers speak of certificates; here it is a request that they read. */
function parse<T>(task: () => T): T {
  try {
    return task();
  } catch (cause) {
    if (cause instanceof CertificateStoreError && cause.code === "invalid") {
      throw cause;
    }
    throw unusable("it is not in the form of PKCS #10", { cause });
  }
}

function unusable(
  why: string,
  options?: ErrorOptions,
): CertificateStoreError {
  return new CertificateStoreError(
    "invalid",
    `the certificate signing request can't be used: ${why}`,
    options,
  );
}
