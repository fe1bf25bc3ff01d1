import type { ServeConfig } from "../../config/serve_config.ts";

/** Whether the authority of a host's cluster is another host's, so that it is to join there. */
export function belongsElsewhere(
  { roles, tls }: Pick<ServeConfig, "roles" | "tls">,
): boolean {
  return !roles.includes("auth") && tls === null;
}
