/**
 * Begins, on another thread, what the first TLS handshake of a process would else wait for: the
 * runtime's crypto library gathers entropy by timing memory accesses, once, for about 50 ms. Making
 * a key needs the same entropy, and unlike a handshake it can begin before the server is known.
 */
export function warmUpTls(): void {
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
  ]).catch(() => {
    // Only time was at stake: the handshake will say what is wrong.
  });
}
