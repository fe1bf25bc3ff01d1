import { deepEqual, throws } from "node:assert/strict";
import { parseArguments, splitCommandLine } from "../../cli/parse.ts";

const SPEC = {
  name: "test",
  operands: "JOB…",
  count: { min: 1, max: 3 },
  options: [
    { name: "follow", short: "f", help: "" },
    { name: "json", help: "" },
    { name: "privs", switch: true, help: "" },
    { name: "tail", short: "n", value: "N", help: "" },
    { name: "env", short: "e", value: "K=V", repeat: true, help: "" },
  ],
};

function parsed(...argv: string[]) {
  const { values, operands } = parseArguments(argv, SPEC);
  return { values: Object.fromEntries(values), operands: [...operands] };
}

Deno.test("parseArguments() takes values attached, after a space and after an equals sign", () => {
  const expected = { values: { tail: ["10"] }, operands: ["j"] };
  deepEqual(parsed("-n10", "j"), expected);
  deepEqual(parsed("-n", "10", "j"), expected);
  deepEqual(parsed("--tail", "10", "j"), expected);
  deepEqual(parsed("j", "--tail=10"), expected);
});

Deno.test("parseArguments() takes a switch back when it is told to, and takes no operand for it", () => {
  deepEqual(parsed("--privs=false", "j").values, { privs: ["false"] });
  deepEqual(parsed("--privs", "j"), {
    values: { privs: [""] },
    operands: ["j"],
  });
});

Deno.test("parseArguments() splits a cluster of short flags whose last takes a value", () => {
  deepEqual(parsed("-fn", "3", "j"), {
    values: { follow: [""], tail: ["3"] },
    operands: ["j"],
  });
});

Deno.test("parseArguments() collects an option that may be repeated", () => {
  deepEqual(parsed("-eA=1", "--env", "B=-x", "j").values, {
    env: ["A=1", "B=-x"],
  });
});

Deno.test("parseArguments() leaves everything after -- alone", () => {
  deepEqual(parsed("--", "-f", "--"), { values: {}, operands: ["-f", "--"] });
});

Deno.test("parseArguments() gives options after CMD to CMD when the command passes them through", () => {
  const spec = { ...SPEC, passThrough: true, count: { min: 1 } };
  const { values, operands } = parseArguments(
    ["-f", "ping", "-c", "3", "--", "--json"],
    spec,
  );
  deepEqual([...values.keys()], ["follow"]);
  deepEqual(operands, ["ping", "-c", "3", "--", "--json"]);
});

Deno.test("parseArguments() says what is wrong when a line is not right", () => {
  const wrong: [string[], RegExp][] = [
    [["--nope", "j"], /"--nope" is not an option of "worker test"/],
    [["-x", "j"], /"-x" is not an option/],
    [["j", "--tail"], /"--tail" needs a value: N/],
    [["--json=yes", "j"], /"--json" takes no value/],
    [["--tail=1", "--tail=2", "j"], /"--tail" is given twice/],
    [[], /JOB… is missing/],
    [["1", "2", "3", "4"], /"4" is one argument too many/],
  ];
  for (const [argv, message] of wrong) {
    throws(() => parsed(...argv), { message, exitCode: 2 });
  }
});

Deno.test("splitCommandLine() finds the command behind options with and without equals signs", () => {
  deepEqual(
    splitCommandLine(["--cacert=ca", "--key", "start", "start", "-l", "ls"]),
    {
      leading: ["--cacert=ca", "--key", "start"],
      name: "start",
      rest: ["-l", "ls"],
    },
  );
  deepEqual(splitCommandLine(["--addr", "h:1"]).name, null);
});
