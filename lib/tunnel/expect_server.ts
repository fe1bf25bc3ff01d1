import type { Identity } from "../../certs/identity.ts";

/** Throws unless it is the certificate of a host that answers for the cluster. */
export function expectServer({ name, kind }: Identity): void {
  if (kind === "proxy" || kind === "auth") return;
  throw new Error(
    `the certificate of "${name}" is that of a ${
      kind ?? "stranger"
    }, not of a proxy or of auth`,
  );
}
