/**
 * A process with many nodes in it, which do nothing but keep a tunnel to one proxy:
 *
 *     tunnel_crowd_program.ts STATE_DIR ADDRESS COUNT
 *
 * Their certificates are made with the authority of the state directory. It prints a line when all
 * are connected, one when a tunnel closes, and goes on until it is killed.
 */
import { CertificateAuthority } from "../certs/authority.ts";
import { RevocationList } from "../certs/revocation.ts";
import { statePaths } from "../certs/state_paths.ts";
import { PeerVerifier } from "../certs/verify.ts";
import { AgentTunnel } from "../lib/tunnel/agent_tunnel.ts";
import { dialProxy } from "../lib/tunnel/dial_proxy.ts";
import { inParallel } from "./jobs.ts";

const LIFE_MS = 3_600_000;

const [stateDir = "", address = "", count = "0"] = Deno.args;
const paths = statePaths(stateDir);
const ca = await Deno.readTextFile(paths.caCert);
const authority = await CertificateAuthority.load({
  certificate: ca,
  key: await Deno.readTextFile(paths.caKey),
});
const verifier = new PeerVerifier({
  caBundle: ca,
  revocations: await RevocationList.load(paths.revoked),
});

await inParallel(Number(count), async (index) => {
  const node = `crowd-${index}`;
  const { certificatePem, keyPem } = await authority.issue({
    ...{ name: node, kind: "node", ttl: LIFE_MS, usages: ["client"], sans: [] },
  });
  const dialled = await dialProxy(address, {
    credentials: { ca, cert: certificatePem, key: keyPem },
    verifier,
    signal: new AbortController().signal,
  });
  const tunnel = new AgentTunnel(dialled, {
    node,
    labels: {},
    handler: ({ outgoing }) => outgoing.end(),
  });
  tunnel.serve();
  void tunnel.closed.then((reason) => console.log(`${node}: ${reason}`));
});
console.log("connected");
