import type { OutputOptions, OutputSource } from "../api/job_service.ts";
import { type JobOutput, JobOutputSource } from "./output_source.ts";
import { StreamFilter } from "./stream_filter.ts";
import { offsetOfLastLines } from "./tail.ts";

/** A job's output as `JobService.output` gives it, from the log or from a view of it. */
export function openOutput(
  output: JobOutput,
  { follow = false, from = 0, tail, stream }: OutputOptions,
): OutputSource {
  const source = new JobOutputSource(output, {
    from: tail === undefined ? from : offsetOfLastLines(output.log, tail),
    follow,
  });
  return stream ? new StreamFilter(source, stream) : source;
}
