import type { AuditLog } from "../../audit/mod.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import { VERSION } from "../../version.ts";
import type { DaemonEvents } from "../events.ts";

/** Keeps the audit log open until all that writes to it has ended. */
export function auditService(audit: AuditLog): Service<DaemonEvents> {
  return {
    name: "audit",
    critical: true,
    endless: true,
    async run(signal, bus) {
      using _ = audit;
      const detail = { pid: Deno.pid, version: VERSION };
      bus.waitFor("PlaceTaken", { signal }).then(
        () => audit.record({ action: "daemon.start", result: "ok", detail }),
        () => {},
      );
      using reloads = bus.subscribe("CertificatesReloaded");
      void (async () => {
        for await (const _ of reloads) {
          audit.record({ action: "certificates.reload", result: "ok" });
        }
      })();
      await aborted(signal);
      audit.record({ action: "daemon.stop", result: "ok", detail });
    },
  };
}
