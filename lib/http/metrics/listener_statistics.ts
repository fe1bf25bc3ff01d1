import type { CutReason, ListenerEvent } from "../listener/listener_event.ts";
import { byLabel, counter, type Metric } from "./metric.ts";

/** Counts what happens at listeners: hand it every event. */
export class ListenerStatistics {
  readonly #events: Record<Exclude<ListenerEvent["type"], "cut">, number> = {
    handshake_failed: 0,
    certificate_refused: 0,
    peer_error: 0,
    handler_error: 0,
    listener_error: 0,
  };
  readonly #cuts: Record<CutReason, number> = {
    headers_timeout: 0,
    idle: 0,
    unresponsive: 0,
    bad_headers: 0,
    evicted: 0,
    revoked: 0,
  };

  count(event: ListenerEvent): void {
    if (event.type === "cut") this.#cuts[event.reason]++;
    else this.#events[event.type]++;
  }

  /** What was counted so far. */
  metrics(): Metric[] {
    const events = this.#events;
    return [
      counter("worker_tls_handshakes_failed_total", {
        help: "Connections that ended before their TLS handshake was done.",
        collect: () => events.handshake_failed,
      }),
      counter("worker_certificates_refused_total", {
        help: "Connections whose client certificate is not good.",
        collect: () => events.certificate_refused,
      }),
      counter("worker_connections_cut_total", {
        help: "Connections that the server cut, by reason.",
        collect: () => byLabel("reason", this.#cuts),
      }),
      counter("worker_connection_errors_total", {
        help: "Connections that broke, or whose peer broke the protocol.",
        collect: () => events.peer_error,
      }),
      counter("worker_handler_errors_total", {
        help: "Requests that a defect of the server left without their answer.",
        collect: () => events.handler_error,
      }),
      counter("worker_listener_errors_total", {
        help:
          "Failures of the listening sockets, e.g. for want of descriptors.",
        collect: () => events.listener_error,
      }),
    ];
  }
}
