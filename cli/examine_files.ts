import { X509Certificate } from "node:crypto";
import type { Profile } from "../lib/config/profile.ts";
import { type Finding, finding } from "./finding.ts";

const DAY_MS = 86_400_000;

/** A certificate with fewer days left is worth a warning. */
const SOON_DAYS = 14;

type FileTexts = Record<"cacert" | "cert" | "key", string>;

/** Checks the three files: that they can be read, are private where they must be, and are in date. */
export async function examineFiles(
  profile: Profile,
): Promise<{ findings: Finding[]; texts: FileTexts | null }> {
  const findings: Finding[] = [];
  const texts: FileTexts = { cacert: "", cert: "", key: "" };
  let whole = true;
  for (const name of ["cacert", "cert", "key"] as const) {
    const path = profile[name];
    try {
      texts[name] = await Deno.readTextFile(path);
      findings.push(
        name === "key"
          ? await examineKey(path)
          : examineCertificate(name, { path, pem: texts[name] }),
      );
    } catch (error) {
      whole = false;
      findings.push(finding("fail", {
        check: name,
        found: `cannot read "${path}" (${(error as Error).name})`,
        advice: `check --${name} and its permissions`,
      }));
    }
  }
  return { findings, texts: whole ? texts : null };
}

async function examineKey(path: string): Promise<Finding> {
  const { mode } = await Deno.stat(path);
  const open = ((mode ?? 0) & 0o077) !== 0;
  return finding(open ? "warn" : "ok", {
    check: "key",
    found: open ? `others may read "${path}"` : `only you may read "${path}"`,
    advice: open ? `chmod 600 "${path}"` : null,
  });
}

function examineCertificate(
  check: string,
  { path, pem }: { path: string; pem: string },
): Finding {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return finding("fail", {
      check,
      found: `"${path}" is not a certificate in PEM`,
      advice: `check --${check}`,
    });
  }
  const subject = certificate.subject.replaceAll("\n", ", ");
  const days = (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
  if (Date.parse(certificate.validFrom) > Date.now()) {
    return finding("fail", {
      check,
      found: `${subject} is valid from ${certificate.validFrom} on`,
      advice: "check the clock of this host",
    });
  }
  if (days < 0) {
    return finding("fail", {
      check,
      found: `${subject} has expired on ${certificate.validTo}`,
      advice: "ask for a new one: `worker certs issue`",
    });
  }
  return finding(days < SOON_DAYS ? "warn" : "ok", {
    check,
    found: `${subject}, ${Math.floor(days)} days left`,
    advice: days < SOON_DAYS ? "ask for a new one soon" : null,
  });
}
