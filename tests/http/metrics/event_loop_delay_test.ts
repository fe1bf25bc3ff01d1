import { equal } from "node:assert/strict";
import { EventLoopDelay } from "../../../lib/http/metrics/event_loop_delay.ts";
import { expose } from "../../../lib/http/metrics/exposition.ts";
import { Scraped } from "../../helpers/scraped.ts";
import { waitFor } from "../../helpers/wait_for.ts";

const NAME = "worker_event_loop_delay_seconds";

Deno.test("EventLoopDelay observes that something held the event loop up", async () => {
  using delay = new EventLoopDelay({ interval: 5 });
  const scrape = async () => new Scraped(await expose(delay.metrics()));
  await waitFor(
    "a look",
    async () => (await scrape()).value(`${NAME}_count`)! > 0,
  );
  const until = performance.now() + 300;
  while (performance.now() < until);
  const slow = async () => {
    const scraped = await scrape();
    const all = scraped.value(`${NAME}_count`)!;
    return all - scraped.value(`${NAME}_bucket{le="0.25"}`)!;
  };
  await waitFor("the late look", async () => await slow() > 0);
  equal((await scrape()).types.get(NAME), "histogram");
});
