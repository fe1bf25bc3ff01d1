import { equal, throws } from "node:assert/strict";
import { defaultStateDir } from "../../lib/config/state_dir.ts";

const from = (variables: Record<string, string>, uid = 1000) =>
  defaultStateDir({ uid, env: (name) => variables[name] });

Deno.test("defaultStateDir() is a folder of the system when root asks", () => {
  equal(from({ XDG_STATE_HOME: "/x", HOME: "/root" }, 0), "/var/lib/worker");
});

Deno.test("defaultStateDir() follows XDG_STATE_HOME when it is absolute", () => {
  equal(from({ XDG_STATE_HOME: "/x", HOME: "/home/a" }), "/x/worker");
  equal(
    from({ XDG_STATE_HOME: "x", HOME: "/home/a" }),
    "/home/a/.local/state/worker",
  );
});

Deno.test("defaultStateDir() asks for --state-dir when there is no home", () => {
  throws(() => from({}), /--state-dir/);
  throws(() => from({ HOME: "" }), /--state-dir/);
});
