import type { Row } from "../row.ts";
import { bigOutput } from "./big_output.ts";
import { daemonKilled } from "./daemon_killed.ts";
import { daemonRestart } from "./daemon_restart.ts";
import { followers } from "./followers.ts";
import { handOver } from "./hand_over.ts";
import { hostDetour } from "./host_detour.ts";
import { hostMemory } from "./host_memory.ts";
import { hostRestart } from "./host_restart.ts";
import { idleMemory } from "./idle_memory.ts";
import { limitsCost } from "./limits_cost.ts";
import { postRun } from "./post_run.ts";
import { ready } from "./ready.ts";
import { runTrue } from "./run_true.ts";
import { shortJobs } from "./short_jobs.ts";
import { shutdown } from "./shutdown.ts";
import { slowReader } from "./slow_reader.ts";
import { thousandJobs } from "./thousand_jobs.ts";
import { throughput } from "./throughput.ts";
import { tunnelLatency } from "./tunnel_latency.ts";
import { tunnelLost } from "./tunnel_lost.ts";
import { tunnelMemory } from "./tunnel_memory.ts";
import { tunnelReach } from "./tunnel_reach.ts";
import { tunnelStreams } from "./tunnel_streams.ts";
import { tunnelThroughput } from "./tunnel_throughput.ts";

/** In the order of the table. */
export const ROWS: readonly Row[] = [
  runTrue,
  postRun,
  shortJobs,
  throughput,
  followers,
  slowReader,
  idleMemory,
  bigOutput,
  daemonKilled,
  daemonRestart,
  ready,
  shutdown,
  handOver,
  hostRestart,
  hostMemory,
  thousandJobs,
  limitsCost,
  hostDetour,
  tunnelThroughput,
  tunnelLatency,
  tunnelStreams,
  tunnelReach,
  tunnelLost,
  tunnelMemory,
];
