import {
  profilePath,
  readProfile,
  writeProfile,
} from "../lib/config/profile.ts";
import type { ServeConfig } from "../lib/config/serve_config.ts";
import { type Daemon, startDaemon } from "../lib/daemon.ts";
import { configureLog } from "../lib/log.ts";
import { withStoreErrors } from "./certs/with_store_errors.ts";
import { describeError } from "./report_error.ts";

/** Serves until SIGTERM or SIGINT; a second one ends the process at once. */
export async function serve(config: ServeConfig): Promise<void> {
  await configureLog(config.logLevel);
  const daemon = await withStoreErrors(() => startDaemon(config));
  const stop = Promise.withResolvers<void>();
  let signals = 0;
  const onStop = () => {
    if (++signals > 1) Deno.exit(1);
    stop.resolve();
  };
  const onReload = () => void daemon.reload();
  Deno.addSignalListener("SIGTERM", onStop);
  Deno.addSignalListener("SIGINT", onStop);
  Deno.addSignalListener("SIGHUP", onReload);
  await introduce(daemon);
  await stop.promise;
  await daemon[Symbol.asyncDispose]();
  Deno.removeSignalListener("SIGTERM", onStop);
  Deno.removeSignalListener("SIGINT", onStop);
  Deno.removeSignalListener("SIGHUP", onReload);
}

/** Says what a first start has made, and lets clients on this host find the server. */
async function introduce({ address, admin, created }: Daemon): Promise<void> {
  for (const path of created) console.error(`made ${path}`);
  console.error(`worker listens on ${address}`);
  if (admin === null) return;
  const profile = { addr: reachable(address), ...admin };
  const flags =
    `--addr ${profile.addr} --cacert ${admin.cacert} --cert ${admin.cert} --key ${admin.key}`;
  try {
    const known = await readProfile();
    if (known !== null && known.cert !== admin.cert) {
      console.error(
        `left alone: ${profilePath()} belongs to another server; to reach this one, say ${flags}`,
      );
      return;
    }
    if (known?.addr !== profile.addr) await writeProfile(profile);
    console.error("try: worker run uptime");
  } catch (error) {
    // A convenience: without a home directory the server serves all the same.
    console.error(
      `${describeError(error)}; to reach this server, say ${flags}`,
    );
  }
}

/** The address as a client on this host dials it: the certificate names localhost. */
function reachable(address: string): string {
  return address.replace(
    /^(?:0\.0\.0\.0|127\.0\.0\.1|\[::1?\]):/,
    "localhost:",
  );
}
