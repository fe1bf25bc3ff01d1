/**
 * The process that owns the jobs, and a daemon's side of it. The protocol of this folder:
 *
 * - `run/jobhost.pid` is locked by the job host that takes new jobs; a lock that is held proves that
 *   its process lives. `run/jobs.sock` leads to its socket, `run/jobs.<pid>.sock`.
 * - On the socket it speaks the API of jobs, to root and its own user only. Output does not go over
 *   it: whoever may read the state directory reads the log itself.
 * - A daemon attaches by one request that stays open, and gives its settings with it. The end of that
 *   request tells each side that the other is gone.
 * - A job host without a job and without a daemon ends by itself.
 * - One that was retired gives the lock away, writes the jobs that are still its own into
 *   `run/jobhost.<pid>.json`, which it keeps locked, and ends with the last of them; its successor
 *   leaves them alone until then, and takes them over after.
 */
export { AttachedJobs } from "./attached_jobs.ts";
export { ownBuild, ownCommand } from "./build.ts";
export { HostStarter } from "./host_starter.ts";
export { JobHosts, type JobHostsOptions } from "./job_hosts.ts";
export { launchHost } from "./launch_host.ts";
