import { deepEqual, throws } from "node:assert/strict";
import {
  hostAlternativeName,
  parseAlternativeName,
} from "../../certs/alternative_name.ts";

Deno.test("parseAlternativeName() reads names, addresses and URIs", () => {
  deepEqual(parseAlternativeName("dns:*.a-b.example"), {
    type: "DNS",
    value: "*.a-b.example",
  });
  deepEqual(parseAlternativeName("IP:2001:db8::1"), {
    type: "IP",
    value: "2001:db8::1",
  });
  deepEqual(parseAlternativeName("URI:https://x/y"), {
    type: "URI",
    value: "https://x/y",
  });
});

Deno.test("parseAlternativeName() refuses what no certificate should carry", () => {
  const refused = [
    ...["", "x", "DNS:", "DNS:a b", "DNS:a..b", "DNS:*", "DNS:a.*.b"],
    ...[`DNS:${"a".repeat(64)}`, "DNS:a\0b", "DNS:a,IP:1.2.3.4"],
    ...["IP:1.2.3", "IP:1.2.3.4/8", "IP:fe80::1%eth0", "URI:nothing"],
    ...["URI:spiffe://demo/user/admin", "uri:SPIFFE://demo/user/admin"],
    "email:a@b.c",
  ];
  for (const text of refused) {
    throws(() => parseAlternativeName(text), { code: "invalid" }, text);
  }
});

Deno.test("hostAlternativeName() tells addresses from names", () => {
  deepEqual(hostAlternativeName("[::1]"), { type: "IP", value: "::1" });
  deepEqual(hostAlternativeName("10.0.0.1"), { type: "IP", value: "10.0.0.1" });
  deepEqual(hostAlternativeName("a.b"), { type: "DNS", value: "a.b" });
  throws(() => hostAlternativeName("a:7443"), { code: "invalid" });
});
