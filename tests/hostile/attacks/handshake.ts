/** Handshakes that must not succeed, or must not make a stranger a friend. */
import { match } from "node:assert/strict";
import { sClient } from "../../helpers/peers.ts";
import type { Target } from "../wire.ts";

/** What a foreign certificate must get, at first and with a resumed session. */
const REFUSED = /HTTP\/1\.1 401/;

/** A foreign certificate, shown anew and then by a resumed TLS session; throws when let in. */
export async function resumedForeignCertificate(target: Target): Promise<void> {
  if (target.evil === undefined) throw new TypeError("no foreign certificate");
  const { port, evil } = target;
  const dir = await Deno.makeTempDir({ prefix: "worker-test-attack-" });
  await Deno.writeTextFile(`${dir}/evil.pem`, evil.cert + evil.key, {
    mode: 0o600,
  });
  const common = ["-cert", `${dir}/evil.pem`, "-alpn", "http/1.1"];
  const request =
    "GET /v1/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
  const session = `${dir}/session`;
  const first = await sClient(request, {
    port,
    args: [...common, "-sess_out", session],
  });
  match(first, REFUSED);
  const second = await sClient(request, {
    port,
    args: [...common, "-sess_in", session],
  });
  match(second, /Reused, TLSv1\.3/);
  match(second, REFUSED);
  await Deno.remove(dir, { recursive: true });
}

/** TLS 1.2; throws when the server speaks it. */
export async function oldTls({ port }: Target): Promise<void> {
  match(
    await sClient("", { port, args: ["-tls1_2"] }),
    /alert protocol version/,
  );
}
