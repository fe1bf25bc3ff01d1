import assert from "node:assert/strict";
import { goawayReason } from "../../lib/tunnel/http2_codes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("goawayReason() tells what the peer said, on one line", () => {
  assert.equal(
    goawayReason(12, bytes('the certificate of "web-1" was revoked')),
    'the peer ended the tunnel: the certificate of "web-1" was revoked',
  );
  assert.equal(
    goawayReason(12, bytes("\x1b[31mone\r\ntwo\0")),
    "the peer ended the tunnel: [31mone two",
  );
  assert.equal(goawayReason(0, bytes("x".repeat(900))).length, 27 + 500);
});

Deno.test("goawayReason() names the code of a peer that said nothing", () => {
  assert.equal(
    goawayReason(2, undefined),
    "the peer ended the tunnel with code 2",
  );
  assert.equal(
    goawayReason(2, bytes("\n")),
    "the peer ended the tunnel with code 2",
  );
});
