/**
 * The program of the sources, but its servers have one more service, which `TROUBLE` names: `fails`
 * does so at SIGALRM, and `hangs` never stops.
 */
import { ServiceSupervisor } from "../../lib/supervisor/mod.ts";

const TROUBLES: Record<string, (signal: AbortSignal) => Promise<void>> = {
  async fails() {
    const { promise, resolve } = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGALRM", () => resolve());
    await promise;
    throw new Error("it fell over");
  },
  hangs: () => new Promise(() => {}),
};

const { start } = ServiceSupervisor.prototype;
ServiceSupervisor.prototype.start = function () {
  const name = Deno.env.get("TROUBLE")!;
  this.register({ name, critical: true, run: TROUBLES[name]! });
  start.call(this);
};

await import("../../main.ts");
