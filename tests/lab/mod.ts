/**
 * A real network for end-to-end tests: hosts are network namespaces on one switch.
 *
 *     switch: a namespace with the bridges "main" and "cut"; a port for each host
 *     host:   a namespace with eth0, 10.77.0.n/24; a closed one takes no connection from outside
 *
 * A port that is on no bridge loses every packet of its host, in silence. Hosts whose ports are on
 * "cut" hear each other and nobody else. Nothing of it touches the namespace of the tests: with the
 * last process and the last name the network is gone. Names say which process made them, so that
 * the next network removes what one left behind that was killed.
 *
 * It needs root, `ip` (iproute2), `nsenter` (util-linux) and, for a balancer, `haproxy`.
 */
export {
  Balancer,
  type BalancerOptions,
  type BalanceRule,
} from "./balancer.ts";
export { type Followed, Follower } from "./follower.ts";
export { LabCluster, type LabClusterOptions } from "./lab_cluster.ts";
export { LabHost } from "./lab_host.ts";
export { LabNetwork } from "./lab_network.ts";
export { LabServer, type LabServerOptions } from "./lab_server.ts";
export { labTest } from "./lab_test.ts";
