import { equal } from "node:assert/strict";
import { closeDescriptor, readDescriptor } from "../../lib/linux/descriptor.ts";
import { pipeFromChild } from "../../lib/linux/pipe.ts";
import { poller } from "../../lib/linux/poller.ts";
import { libc } from "../../lib/linux/libc.ts";

const hello = new TextEncoder().encode("hello");

Deno.test("readable() resolves when bytes come, and again when the other end is closed", async () => {
  const { ours, theirs } = pipeFromChild();
  const into = new Uint8Array(16);
  equal(readDescriptor(ours, into), null);
  const ready = poller.readable(ours);
  libc.write(theirs, hello, 5n);
  await ready;
  equal(readDescriptor(ours, into), 5);
  const ended = poller.readable(ours);
  closeDescriptor(theirs);
  await ended;
  equal(readDescriptor(ours, into), 0);
  await poller.forget(ours);
  closeDescriptor(ours);
});

Deno.test("readable() resolves at once while unread bytes are left", async () => {
  const { ours, theirs } = pipeFromChild();
  libc.write(theirs, hello, 5n);
  await poller.readable(ours);
  await poller.readable(ours);
  await poller.forget(ours);
  closeDescriptor(ours);
  closeDescriptor(theirs);
});

Deno.test("forget() ends a wait, and the last one ends the thread's wait too", async () => {
  const { ours, theirs } = pipeFromChild();
  const waiting = poller.readable(ours);
  // Let the wait reach the kernel.
  await new Promise((resolve) => setTimeout(resolve));
  await poller.forget(ours);
  await waiting;
  closeDescriptor(ours);
  closeDescriptor(theirs);
});

Deno.test("readable() serves a thousand descriptors at once", async () => {
  const pipes = Array.from({ length: 1000 }, pipeFromChild);
  const waits = pipes.map(({ ours }) => poller.readable(ours));
  for (const { theirs } of pipes) libc.write(theirs, hello, 5n);
  await Promise.all(waits);
  for (const { ours, theirs } of pipes) {
    await poller.forget(ours);
    closeDescriptor(ours);
    closeDescriptor(theirs);
  }
});
