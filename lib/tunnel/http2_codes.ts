/** Codes of RFC 9113, 7. */
export const NO_ERROR = 0;
export const INTERNAL_ERROR = 2;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const INADEQUATE_SECURITY = 12;

/** What a peer that ended a tunnel said about it; its text is quoted and cut. */
export function goawayReason(
  code: number,
  data: Uint8Array | undefined,
): string {
  const text = data ? new TextDecoder().decode(data.subarray(0, 500)) : "";
  return text === ""
    ? `the peer ended the tunnel with code ${code}`
    : `the peer ended the tunnel: ${JSON.stringify(text)}`;
}
