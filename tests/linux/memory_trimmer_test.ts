import { equal, ok } from "node:assert/strict";
import { MemoryTrimmer } from "../../lib/linux/memory_trimmer.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { runCommand } from "../helpers/command.ts";

const MIB = 2 ** 20;

Deno.test("MemoryTrimmer gives back at its first look, and then when the process has grown", () => {
  const clock = new FakeClock();
  let resident = 100 * MIB;
  let trims = 0;
  using _ = new MemoryTrimmer({
    clock,
    resident: () => resident,
    trim: () => {
      trims++;
      resident -= 20 * MIB;
    },
  });
  equal(trims, 0);
  clock.pass(2_000);
  equal(trims, 1);
  resident += 3 * MIB;
  clock.pass(60_000);
  equal(trims, 1, "it had hardly grown");
  resident += 2 * MIB;
  clock.pass(2_000);
  equal(trims, 2);
});

Deno.test("MemoryTrimmer leaves no timer when it is disposed", () => {
  const clock = new FakeClock();
  {
    using _ = new MemoryTrimmer({ clock, resident: () => 0, trim() {} });
    clock.pass(10_000);
    equal(clock.armed, 1);
  }
  equal(clock.armed, 0);
});

Deno.test("MemoryTrimmer gives the kernel back what the C library has kept", async () => {
  // In a process of its own: the memory of this one is everybody's.
  const program = `
    import { MemoryTrimmer } from "${
    import.meta.resolve("../../lib/linux/memory_trimmer.ts")
  }";
    const c = Deno.dlopen("libc.so.6", {
      malloc: { parameters: ["usize"], result: "pointer" },
      memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
      free: { parameters: ["pointer"], result: "void" },
    }).symbols;
    const blocks = Array.from({ length: 1_000 }, () => {
      const block = c.malloc(64_000n);
      c.memset(block, 1, 64_000n);
      return block;
    });
    // The last one stays, above all the others.
    for (const block of blocks.slice(0, -1)) c.free(block);
    const before = Deno.memoryUsage().rss;
    let look;
    new MemoryTrimmer({ clock: { after: (_, wake) => (look = wake, () => {}) } });
    look();
    console.log(before - Deno.memoryUsage().rss);
  `;
  const outcome = await runCommand([
    Deno.execPath(),
    "eval",
    "--ext=ts",
    program,
  ]);
  ok(Number(outcome.stdout) > 40 * MIB, JSON.stringify(outcome));
});
