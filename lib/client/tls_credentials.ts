/** What a client shows of itself, and by what it knows a server. PEM texts. */
export interface TlsCredentials {
  /** The only authorities a server's certificate may come from. */
  cacert: string;
  /** The client's certificate, then intermediate ones. */
  cert: string;
  /** The private key of `cert`. */
  key: string;
}
