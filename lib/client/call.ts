import { answerText, parseAnswer, refusal } from "./answer.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** An answer as a value, and as the text that was received. */
export interface Answer<T> {
  value: T;
  text: string;
}

/**
 * Sends a request; resolves with the head of an answer that is no refusal.
 *
 * @throws {WorkerError} the server's own when it refuses, or the connection's.
 */
export async function send(
  transport: Transport,
  path: string,
  request: TransportRequest = {},
): Promise<Response> {
  const response = await transport.fetch(path, request);
  if (!response.ok) throw await refusal(response, transport.address);
  return response;
}

/** The same, and reads the answer as JSON. */
export async function call<T>(
  transport: Transport,
  path: string,
  request: TransportRequest = {},
): Promise<Answer<T>> {
  const response = await send(transport, path, request);
  const text = await answerText(response, transport.address);
  return { value: parseAnswer<T>(text, transport.address), text };
}

/** A request with a JSON body. */
export function post(body: unknown) {
  return {
    method: "POST",
    headers: { "content-type": "application/json" } as Record<string, string>,
    body: JSON.stringify(body),
  };
}
