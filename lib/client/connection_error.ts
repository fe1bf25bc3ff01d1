import { WorkerError } from "../api/errors.ts";

interface Reason {
  pattern: RegExp;
  code: "UNAVAILABLE" | "UNAUTHENTICATED" | "PERMISSION_DENIED";
  /** What happened and what to do; `$1` is the pattern's first group. */
  text: string;
}

const CUT = "the connection was cut";

/** What the TLS and HTTP engine says, in words that tell a person what to do. First match wins. */
const REASONS: Reason[] = [
  {
    pattern: /Connection refused/,
    code: "UNAVAILABLE",
    text: "connection refused: is `worker serve` running there?",
  },
  {
    pattern: /No such file or directory|cannot open "/,
    code: "UNAVAILABLE",
    text: "there is no such socket: is `worker serve` running there?",
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    code: "PERMISSION_DENIED",
    text: "only root and the server's own user may open it",
  },
  {
    pattern: /dns error|failed to lookup address/,
    code: "UNAVAILABLE",
    text: "the host name does not resolve: check --addr",
  },
  {
    pattern: /No route to host|Network is unreachable|Host is unreachable/,
    code: "UNAVAILABLE",
    text: "the network does not reach it: check --addr and the route",
  },
  {
    pattern: /fatal alert: CertificateRequired/,
    code: "UNAUTHENTICATED",
    text: "it demands a client certificate: give --cert and --key",
  },
  {
    pattern: /fatal alert: CertificateExpired/,
    code: "UNAUTHENTICATED",
    text: "your client certificate has expired: ask for a new one",
  },
  {
    pattern: /fatal alert: CertificateRevoked/,
    code: "UNAUTHENTICATED",
    text: "your client certificate was revoked: ask for a new one",
  },
  {
    pattern:
      /fatal alert: (?:UnknownCA|BadCertificate|CertificateUnknown|AccessDenied|UnsupportedCertificate|DecryptError)/,
    code: "UNAUTHENTICATED",
    text: "it does not accept your client certificate: check --cert and --key",
  },
  {
    pattern: /invalid peer certificate: Expired/,
    code: "UNAVAILABLE",
    text: "the server's certificate has expired: renew it on the server",
  },
  {
    pattern: /invalid peer certificate: NotValidYet/,
    code: "UNAVAILABLE",
    text: "the server's certificate is not valid yet: check the clocks",
  },
  {
    pattern: /invalid peer certificate: certificate not valid for name "(.+?)"/,
    code: "UNAVAILABLE",
    text:
      'the server\'s certificate is not for "$1": use a name that is in the certificate',
  },
  {
    pattern:
      /invalid peer certificate: (?:UnknownIssuer|BadSignature|CaUsedAsEndEntity)/,
    code: "UNAVAILABLE",
    text:
      "the server's certificate is not from the authority in --cacert: check --addr and --cacert",
  },
  {
    pattern: /invalid peer certificate: (.+)/,
    code: "UNAVAILABLE",
    text: "the server's certificate is not acceptable ($1)",
  },
  {
    pattern: /InvalidContentType|corrupt message/,
    code: "UNAVAILABLE",
    text: "what listens there does not speak TLS: check --addr",
  },
  {
    pattern: /fatal alert: (\w+)/,
    code: "UNAVAILABLE",
    text: "the TLS handshake failed ($1)",
  },
  {
    pattern: /timed out/,
    code: "UNAVAILABLE",
    text: "no answer in time: check --addr and the firewall",
  },
  {
    pattern:
      /close_notify|connection closed|Connection reset|Broken pipe|error reading a body|end of file/i,
    code: "UNAVAILABLE",
    text: CUT,
  },
];

/** Whether the connection existed and was cut. */
export function isCut(error: unknown): boolean {
  return error instanceof WorkerError && error.message.endsWith(`: ${CUT}`);
}

/** Whether the server refused the client's certificate, or showed one that the client refuses. */
export function isAboutCertificates(error: unknown): boolean {
  return error instanceof WorkerError &&
    (error.code === "UNAUTHENTICATED" ||
      /invalid peer certificate/.test(messages(error.cause)));
}

/** Whether there was no connection, so that the request was not sent. */
export function wasNeverSent(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "UNAVAILABLE" &&
    /client error \(Connect\)/.test(messages(error.cause));
}

/**
 * Whether the server closed the connection in good order in place of an answer: it has not looked at
 * the request. A server that dies, or cuts a request, sends no close_notify, and `fetch` says so.
 */
export function wasUnprocessed(error: unknown): boolean {
  return error instanceof WorkerError &&
    /connection closed before message completed/.test(messages(error.cause));
}

/**
 * What `fetch` threw, as the error of the wire: its message is a line that names the server, the
 * reason and what to do, because `fetch` itself only says "fetch failed".
 */
export function connectionError(cause: unknown, address: string): WorkerError {
  const said = messages(cause);
  for (const { pattern, code, text } of REASONS) {
    const match = pattern.exec(said);
    if (match === null) continue;
    const reason = text.replace("$1", () => match[1]!);
    return new WorkerError(code, `cannot reach "${address}": ${reason}`, {
      cause,
    });
  }
  const last = said.split("\n").at(-1)!.replace(/^.*client error[^:]*: /, "");
  return new WorkerError(
    "UNAVAILABLE",
    `cannot reach "${address}": ${last}`,
    { cause },
  );
}

/** The messages of an error and of its causes, outermost first. */
function messages(error: unknown): string {
  const lines: string[] = [];
  while (error instanceof Error) {
    lines.push(error.message);
    error = error.cause;
  }
  if (lines.length === 0 || error !== undefined) lines.push(String(error));
  return lines.join("\n");
}
