import { initialise } from "../../../certs/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";
import { CertificateRenewal, logCertificates } from "../renewal.ts";
import { serverFiles } from "../server_files.ts";
import { ServerIdentity } from "../server_identity.ts";

/**
 * What the server shows of itself and whom it trusts: made when there is none, renewed in time,
 * and read again when it changes.
 */
export function identityService(live: LiveConfig): Service<DaemonEvents> {
  return {
    name: "identity",
    critical: true,
    endless: true,
    async run(signal, bus) {
      await using stack = new AsyncDisposableStack();
      const { stateDir, tls } = live.current;
      const look = () => initialise(stateDir, { hosts: live.current.hosts });
      const initialised = tls ? null : await look();
      if (initialised) {
        logCertificates(initialised);
        stack.use(new CertificateRenewal(look));
      }
      const files = serverFiles(live.current);
      const identity = stack.use(await ServerIdentity.load(files, stateDir));
      identity.onChange = (certificate) =>
        bus.broadcast("CertificatesReloaded", { certificate });
      bus.broadcast("IdentityReady", {
        identity,
        created: initialised?.created ?? [],
      });
      await aborted(signal);
    },
  };
}
