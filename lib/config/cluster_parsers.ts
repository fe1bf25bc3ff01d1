import { isIPv4, isIPv6 } from "node:net";
import { MEMBER_KINDS, type MemberKind } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import {
  labelKeyProblem,
  labelValueProblem,
  memberNameProblem,
} from "../api/member_name.ts";
import { advise } from "./advise.ts";
import { parsePath } from "./parsers.ts";

/** A label as it was written, and its parts. */
export interface Label {
  readonly key: string;
  readonly value: string;
}

const refuse = (message: string) =>
  new WorkerError("INVALID_ARGUMENT", message);

/** @throws {WorkerError} `INVALID_ARGUMENT`, as all parsers here. */
export function parseRole(text: string): MemberKind {
  const role = MEMBER_KINDS.find((each) => each === text);
  if (role !== undefined) return role;
  const known = [...MEMBER_KINDS].reverse().join(", ");
  throw refuse(
    `"${text}" is not a role: ${
      advise(text, MEMBER_KINDS, `write one or more of ${known}`)
    }`,
  );
}

/** The name of a member. */
export function parseMemberName(text: string): string {
  const problem = memberNameProblem(text);
  if (problem === null) return text;
  throw refuse(problem);
}

/** `key=value`. */
export function parseLabel(text: string): Label {
  const at = text.indexOf("=");
  if (at < 0) {
    throw refuse(`"${text}" is not a label: write for example "env=prod"`);
  }
  const label = { key: text.slice(0, at), value: text.slice(at + 1) };
  const problem = labelKeyProblem(label.key) ?? labelValueProblem(label.value);
  if (problem === null) return label;
  throw refuse(problem);
}

/** `host:port` of a server, as others write it to connect. */
export function parseServerAddress(text: string): string {
  const match = /^(\[[^[\]]*\]|[^:[\]\s]+):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? "";
  const port = Number(match?.[2]);
  const isHost = host.startsWith("[")
    ? isIPv6(host.slice(1, -1))
    : isIPv4(host) ||
      (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(host) && !/^[\d.]+$/.test(host));
  const everywhere = ["0.0.0.0", "[::]"].includes(host);
  if (match && isHost && !everywhere && port >= 1 && port <= 65535) return text;
  throw refuse(
    `"${text}" is not the address of a server: write a host and a port, for example "a.example:7443" or "[2001:db8::1]:7443"`,
  );
}

/** The pin of an authority, in its one form. */
export function parsePin(text: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1];
  if (hex) return `sha256:${hex.toLowerCase()}`;
  throw refuse(
    `"${text}" is not the pin of an authority: copy "sha256:" and the 64 digits after it from \`worker token create\``,
  );
}

/** Which deployment of a group of proxies. */
export function parseGeneration(text: string): number {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  throw refuse(
    `"${text}" is not a generation: write a whole number, higher for each deployment, for example "2"`,
  );
}

/** A group of proxies. */
export function parseGroup(text: string): string {
  if (memberNameProblem(text) === null) return text;
  throw refuse(
    `"${text}" can't be the name of a group: use at most 64 letters, digits, ".", "-" and "_"`,
  );
}

/**
 * A token, or the absolute path of the file that holds it: what has a slash is a path. What is
 * neither is not repeated, for it may be a secret with a slip.
 */
export function parseJoin(text: string, folder: string): string {
  if (text.includes("/")) return parsePath(text, folder);
  if (isJoinToken(text)) return text;
  throw refuse(
    `what is given is no token: copy it whole from \`worker token create\`, or write the path of a file that holds it, such as "./token"`,
  );
}

const TOKEN = /^(worker-[0-9a-z]{8})-[0-9a-z]{32}$/;

/** Whether a text is a token as a whole. */
export function isJoinToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What may be shown of a value of {@linkcode parseJoin}: a path, or the part that is no secret. */
export function concealJoin(value: string): string {
  if (value.includes("/")) return value;
  const id = TOKEN.exec(value)?.[1];
  return id === undefined ? "…" : `${id}-…`;
}
