/**
 * A supervisor that is there to be killed: starts the jobs of the JSON requests it gets as arguments
 * behind the directory, prints their ids, and goes on until then.
 */
import { JobSupervisor } from "../../lib/jobs/mod.ts";

const [directory, ...requests] = Deno.args;
const jobs = new JobSupervisor({ directory: directory!, subreaper: true });
for (const request of requests) {
  const { id } = await jobs.start(JSON.parse(request), { owner: "alice" });
  console.log(id);
}
console.log("started");
