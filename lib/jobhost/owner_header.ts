/**
 * The header that says for whom a daemon starts a job, percent-encoded. It counts on the job host's
 * unix socket alone.
 */
export const OWNER_HEADER = "worker-owner";
