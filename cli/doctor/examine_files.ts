import { X509Certificate } from "node:crypto";
import type { Profile } from "../../lib/config/profile.ts";
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
  const { level, found } = describeValidity(certificate);
  const advice = {
    ok: null,
    warn: "ask for a new one soon",
    fail:
      "ask for a new one: `worker certs issue`; or this host's clock is wrong",
  };
  return finding(level, { check, found, advice: advice[level] });
}

/** Whose certificate it is, and how many days it has left. */
export function describeValidity(
  certificate: X509Certificate,
): Pick<Finding, "level" | "found"> {
  const subject = certificate.subject.replaceAll("\n", ", ");
  const days = (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
  if (Date.parse(certificate.validFrom) > Date.now()) {
    const found = `${subject} is valid from ${certificate.validFrom} on`;
    return { level: "fail", found };
  }
  if (days < 0) {
    const found = `${subject} has expired on ${certificate.validTo}`;
    return { level: "fail", found };
  }
  return {
    level: days < SOON_DAYS ? "warn" : "ok",
    found: `${subject}, ${Math.floor(days)} days left`,
  };
}
