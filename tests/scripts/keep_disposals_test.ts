import { equal } from "node:assert/strict";
import {
  countDisposals,
  keepDisposals,
} from "../../scripts/build/keep_disposals.ts";

Deno.test("countDisposals() counts names, whether or not a minifier has joined their declarations", () => {
  equal(countDisposals("using a = open();\n  await using b = c;"), 2);
  equal(countDisposals("using a=open(),b=f(1,[2,3],{x,y});using c=d"), 3);
  equal(countDisposals('using a=f(\',\',"\\",",`,${x},`),b=g(()=>{u;v,w})'), 2);
  equal(countDisposals("{using a=b}c,d"), 1);
  equal(countDisposals("reusing = 1; for (const using of x);"), 0);
});

Deno.test("keepDisposals() mentions each name once more, before its declaration", () => {
  equal(
    keepDisposals("  using a = open();\n  read(a);"),
    "  () => a;\nusing a = open();\n  read(a);",
  );
});
