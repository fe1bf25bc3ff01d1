import { WorkerError } from "../../api/errors.ts";
import type { App } from "../env.ts";

/** What a server that is no node says to those who want it to run something. */
export function noJobs(app: App): void {
  for (const path of ["/v1/run", "/v1/jobs", "/v1/jobs/*"]) {
    app.all(path, () => {
      throw new WorkerError(
        "UNSUPPORTED",
        "this server runs no jobs, it has not the role node: name one of its nodes (--node NAME, /v1/nodes/NAME/run)",
      );
    });
  }
}
