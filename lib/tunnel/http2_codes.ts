/** Codes of RFC 9113, 7. */
export const NO_ERROR = 0;
export const INTERNAL_ERROR = 2;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const INADEQUATE_SECURITY = 12;

/** What a peer that ended a tunnel said about it; its text is cut and kept on one line. */
export function goawayReason(
  code: number,
  data: Uint8Array | undefined,
): string {
  const text = data ? new TextDecoder().decode(data.subarray(0, 500)) : "";
  // deno-lint-ignore no-control-regex
  const line = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
  return line === ""
    ? `the peer ended the tunnel with code ${code}`
    : `the peer ended the tunnel: ${line}`;
}
