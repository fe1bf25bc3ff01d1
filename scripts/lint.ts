/** `make lint`: prints nothing when there is nothing to say. */
import { lint } from "./test/lint.ts";

const { failed, output } = await lint().run();
if (failed > 0) {
  console.error(output.trimEnd());
  Deno.exit(1);
}
