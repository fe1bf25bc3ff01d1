import { deepEqual, equal, throws } from "node:assert/strict";
import {
  ACCESS,
  accessRoleOf,
  authorize,
  mayDo,
  type Subject,
} from "../../lib/access/authorize.ts";

const SUBJECTS: Record<string, Subject> = {
  A: { name: "root", roles: ["admin"], kind: "user" },
  a: { name: "root", roles: ["dev", "admin"], kind: null },
  U: { name: "alice", roles: ["dev"], kind: "user" },
  u: { name: "alice", roles: [], kind: null },
  N: { name: "web-1", roles: ["admin"], kind: "node" },
  P: { name: "proxy-1", roles: ["admin"], kind: "proxy" },
  S: { name: "auth-1", roles: ["admin"], kind: "auth" },
};

/** Every object and verb, and the letters of who may. */
const EXPECTED: Record<string, string> = {
  "read own job": "AaUu",
  "start own job": "AaUu",
  "change own job": "AaUu",
  "remove own job": "AaUu",
  "read job": "Aa",
  "start job": "Aa",
  "change job": "Aa",
  "remove job": "Aa",
  "read node": "AaUuPS",
  "remove node": "Aa",
  "read proxy": "AaUuNPS",
  "remove proxy": "Aa",
  "read audit log": "Aa",
  "read metrics": "AaUu",
  "read token": "Aa",
  "create token": "Aa",
  "remove token": "Aa",
  "read authority": "Aa",
  "change authority": "Aa",
  "renew own certificate": "NPS",
  "open tunnel": "N",
  "read tunnel": "Aa",
  "create heartbeat": "NPS",
  "create forwarded request": "P",
};

Deno.test("authorize() lets in exactly those whom the table names", () => {
  const actual: Record<string, string> = {};
  for (const [object, verbs] of Object.entries(ACCESS)) {
    for (const verb of Object.keys(verbs)) {
      const asked = [verb, object] as [never, never];
      actual[`${verb} ${object}`] = Object.keys(SUBJECTS).filter((letter) => {
        const subject = SUBJECTS[letter]!;
        const may = mayDo(subject, ...asked);
        if (may) authorize(subject, ...asked);
        else {
          throws(() => authorize(subject, ...asked), {
            code: "PERMISSION_DENIED",
          });
        }
        return may;
      }).join("");
    }
  }
  deepEqual(actual, EXPECTED);
});

Deno.test("accessRoleOf() goes by the kind when a member's certificate names roles", () => {
  equal(accessRoleOf(SUBJECTS.N!), "node");
  equal(accessRoleOf(SUBJECTS.a!), "admin");
});

Deno.test("authorize() says who may when somebody may not", () => {
  throws(() => authorize(SUBJECTS.N!, "create", "token"), {
    message:
      '"web-1" is a node and may not create a token: that takes the role admin',
  });
});
