import { alternativeNames, isAuthority, subjectKeyId } from "./_extensions.ts";
import { peerExtensions } from "./_peer_extensions.ts";
import { CertificateStoreError } from "./errors.ts";
import { fingerprintOf } from "./identity_of.ts";
import type {
  CertifiedKey,
  CertifyRequest,
  IssuedCertificate,
  IssueRequest,
} from "./issue_request.ts";
import {
  generateKeys,
  isKeyOf,
  type KeyType,
  readKeys,
  readPublicKey,
  type SigningKeys,
} from "./keys.ts";
import { checkedCluster, checkedName } from "./names.ts";
import {
  equalBytes,
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
import { certificatesOfPem, formatPem } from "./pem.ts";
import { DEFAULT_TTL, validity } from "./validity.ts";

/** How to make a new authority. */
export interface CreateAuthorityOptions {
  /** Name of the cluster: lower-case letters, digits, ".", "-", "_". */
  cluster: string;
  /** Kind of its key. @default {"p256"} */
  keyType?: KeyType;
  /** An existing private key (PEM) to take instead of making one. */
  key?: string;
  /** Milliseconds. @default {DEFAULT_TTL.authority} */
  ttl?: number;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** The authority of a cluster: it signs every certificate that is trusted there. */
export class CertificateAuthority {
  /** Name of the cluster, from the authority's own certificate. */
  readonly cluster: string;
  /** Its own certificate, one PEM block. */
  readonly certificatePem: string;
  /** All that peers have to trust, as it stands in `ca.crt`: more than one while it is replaced. */
  readonly bundlePem: string;
  /** Its own certificate, taken apart. */
  readonly certificate: ParsedCertificate;
  readonly #keys: SigningKeys;
  readonly #now: () => number;

  private constructor(
    certificate: ParsedCertificate,
    own: { keys: SigningKeys; now: () => number; bundle?: string },
  ) {
    this.cluster = alternativeNames(certificate)
      .map(({ value }) => /^spiffe:\/\/([^/]+)$/.exec(value)?.[1])
      .find((name) => name !== undefined) ?? "worker";
    this.certificatePem = formatPem("CERTIFICATE", certificate.raw);
    this.bundlePem = own.bundle ?? this.certificatePem;
    this.certificate = certificate;
    this.#keys = own.keys;
    this.#now = own.now;
  }

  /** PKCS#8. */
  get keyPem(): string {
    return this.#keys.privateKeyPem;
  }

  /**
   * Makes a new authority with a key of its own.
   *
   * @throws {CertificateStoreError} `invalid` for a cluster or ttl that can't be used.
   */
  static async create(
    options: CreateAuthorityOptions,
  ): Promise<CertificateAuthority> {
    const { keyType = "p256", ttl = DEFAULT_TTL.authority, now = Date.now } =
      options;
    const cluster = checkedCluster(options.cluster);
    const dates = validity(now(), { ttl });
    const x509 = await import("./_x509.ts");
    const keys = options.key
      ? await readKeys(options.key, "ca.key")
      : await generateKeys(keyType);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomSerial(),
      name: [{ O: [cluster] }, { CN: ["worker CA"] }],
      ...dates,
      keys,
      signingAlgorithm: keys.algorithm,
      extensions: [
        // No authority below this one: it signs what peers show, and nothing else.
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        new x509.SubjectAlternativeNameExtension([
          { type: "url", value: `spiffe://${cluster}` },
        ]),
      ],
    });
    const der = new Uint8Array(certificate.rawData);
    return new CertificateAuthority(parseCertificate(der), { keys, now });
  }

  /**
   * Takes up an authority that was made before, or elsewhere. One made elsewhere that names no
   * cluster in a `spiffe://<cluster>` alternative name is of the cluster `worker`. Of several
   * certificates it is the one that the key belongs to; peers have to trust them all.
   *
   * @throws {CertificateStoreError} `damaged` when it is not an authority's certificate, or the
   * key is not its own.
   */
  static async load(
    pem: { certificate: string; key: string },
    { now = Date.now }: { now?: () => number } = {},
  ): Promise<CertificateAuthority> {
    const authorities = certificatesOfPem(pem.certificate, "ca.crt")
      .map((der) => parseCertificate(der));
    if (!authorities.every(isAuthority)) {
      throw new CertificateStoreError(
        "damaged",
        '"ca.crt" is not the certificate of an authority (no CA in its basic constraints)',
      );
    }
    const keys = await readKeys(pem.key, "ca.key");
    const own = authorities.find(({ publicKey }) =>
      isKeyOf(keys.privateKeyPem, publicKey)
    );
    if (own === undefined) {
      throw new CertificateStoreError(
        "damaged",
        '"ca.key" is not the key of "ca.crt": put the pair that belongs together back',
      );
    }
    return new CertificateAuthority(own, {
      keys,
      now,
      bundle: pem.certificate,
    });
  }

  /**
   * Makes and signs a certificate.
   *
   * @throws {CertificateStoreError} `invalid` for a name, role or ttl that can't be used, or when
   * the authority itself has expired.
   */
  async issue(request: IssueRequest): Promise<IssuedCertificate> {
    const name = checkedName(request.name);
    const keys = request.key
      ? await readKeys(request.key, `the key of ${name}`)
      : await generateKeys(request.keyType ?? "p256");
    const certified = await this.#sign(request, keys.publicKey);
    return { ...certified, keyPem: keys.privateKeyPem };
  }

  /**
   * Signs a certificate for a key of which only the public part came here.
   *
   * @throws {CertificateStoreError} `invalid` for what {@linkcode issue} refuses, and for a key of
   * a kind that is not accepted.
   */
  async certify(request: CertifyRequest): Promise<CertifiedKey> {
    const { cryptoKey } = await readPublicKey(request.publicKey);
    return await this.#sign(request, cryptoKey);
  }

  async #sign(
    request: Omit<IssueRequest, "key" | "keyType">,
    publicKey: CryptoKey,
  ): Promise<CertifiedKey> {
    const { kind = "user", usages = ["client"], sans = [] } = request;
    const name = checkedName(request.name);
    const roles = [...new Set(request.roles)].map((role) =>
      checkedName(role, "role")
    );
    const dates = validity(this.#now(), {
      ttl: request.ttl ??
        DEFAULT_TTL[usages.includes("server") ? "server" : "client"],
      end: this.certificate.notAfter,
    });
    const x509 = await import("./_x509.ts");
    const authority = new x509.X509Certificate(this.certificatePem);
    const { rawData } = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: [...roles.map((role) => ({ O: [role] })), { CN: [name] }],
      issuer: authority.subjectName,
      ...dates,
      publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: this.#keys.algorithm,
      extensions: await peerExtensions({
        id: { cluster: this.cluster, kind, name },
        usages,
        sans,
        publicKey,
        authorityKeyId: subjectKeyId(this.certificate),
      }),
    });
    const der = new Uint8Array(rawData);
    const certificate = parseCertificate(der);
    if (!equalBytes(certificate.issuerDer, this.certificate.subjectDer)) {
      // An authority from elsewhere may write its name as the library does not repeat it.
      throw new CertificateStoreError(
        "damaged",
        'the name in "ca.crt" can\'t be repeated as an issuer: make an authority with `worker certs init`',
      );
    }
    return {
      name,
      kind,
      roles,
      serial: certificate.serial,
      fingerprint: fingerprintOf(der),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      certificatePem: formatPem("CERTIFICATE", der),
    };
  }
}

/** 16 bytes of which 126 bits are random, always 32 hex digits: positive and never shortened. */
function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x3f | 0x40;
  return bytes.toHex();
}
