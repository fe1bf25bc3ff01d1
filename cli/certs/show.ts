import {
  type CertificateDescription,
  describeCertificates,
} from "../../certs/describe.ts";
import { printLines } from "./print.ts";
import { withStoreErrors } from "./with_store_errors.ts";

export interface ShowFlags {
  json?: true;
}

/** `worker certs show`: every certificate in a file, in its order. */
export async function show(file: string, flags: ShowFlags): Promise<void> {
  const described = await withStoreErrors(async () =>
    describeCertificates(await Deno.readFile(file), file)
  );
  await printLines(
    flags.json
      ? described.map((one) => JSON.stringify(one))
      : described.flatMap((one, index) => [
        ...index > 0 ? [""] : [],
        ...renderCertificate(one),
      ]),
  );
}

/** A certificate as lines for people. `now` is ms since the epoch. */
export function renderCertificate(
  certificate: CertificateDescription,
  now: number = Date.now(),
): string[] {
  const { sans, usages } = certificate;
  const rows: [string, string][] = [
    ["subject", certificate.subject || "(none)"],
    ["issuer", certificate.issuer],
    ["valid from", certificate.notBefore],
    [
      "valid until",
      `${certificate.notAfter} (${validityText(certificate, now)})`,
    ],
    ["names", sans.length > 0 ? sans.join(", ") : "(none)"],
    ["usages", usages.length > 0 ? usages.join(", ") : "(any)"],
    ["authority", certificate.authority ? "yes" : "no"],
    ["key", certificate.keyType],
    ["serial", certificate.serial],
    ["fingerprint", `sha256:${certificate.fingerprint}`],
  ];
  return rows.map(([label, value]) => `${label.padEnd(12)} ${value}`);
}

function validityText(
  { notBefore, notAfter }: CertificateDescription,
  now: number,
): string {
  const [begin, end] = [Date.parse(notBefore), Date.parse(notAfter)];
  if (now < begin) return `not valid yet: begins in ${spanText(begin - now)}`;
  if (now > end) return `expired ${spanText(now - end)} ago`;
  return `${spanText(end - now)} left`;
}

function spanText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const units: [string, number][] = [
    ["day", 1440],
    ["hour", 60],
    ["minute", 1],
  ];
  for (const [unit, size] of units) {
    const count = Math.floor(minutes / size);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}
