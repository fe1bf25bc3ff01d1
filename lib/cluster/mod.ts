/**
 * What a cluster knows, and who belongs to it.
 *
 * - A `Store` keeps text by key, with revisions, compare-and-set, time to live and watches;
 *   `SqliteStore` is one file of one process. All else is written against the interface.
 * - `JoinTokens` lets a host in the first time: single use unless told otherwise, the secret kept
 *   as a hash. `Members` is who came in; who was revoked stays out with the key it has.
 * - `ClusterAuthority` gives out certificates (30 days) for keys that never leave their hosts: for
 *   a token, over the certificate that is renewed (at half of its life), or for the old key up to
 *   30 days after the end.
 * - `joinCluster` is the other end: it knows the authority by its pin before it sends the token.
 * - `membersNotMoved` says whom the next step of a rotation of the authority would cut off.
 *
 * @module
 */
export {
  authorityOf,
  ClusterAuthority,
  type ClusterAuthorityOptions,
} from "./cluster_authority.ts";
export { Collection, type Stored } from "./collection.ts";
export { joinCluster, type JoinClusterOptions } from "./join_client.ts";
export {
  HEARTBEAT_INTERVAL_MS,
  Presence,
  type PresenceOptions,
} from "./presence.ts";
export { revocationDigest } from "./cluster_facts.ts";
export { AuthorityRotation } from "./authority_rotation.ts";
export {
  DirectoryReplica,
  type DirectoryReplicaOptions,
} from "./directory_replica.ts";
export { revokeHost } from "./revoke_host.ts";
export { type OwnHost, registerOwnHost } from "./own_host.ts";
export { JoinTokens } from "./join_tokens.ts";
export { MEMBER_CERTIFICATE_TTL_MS } from "./member_issuer.ts";
export { MemberDirectory, type StatusOf } from "./member_directory.ts";
export { type MemberId, type MemberRecord, Members } from "./members.ts";
export {
  membersNotMoved,
  type NotMoved,
  refuseStranding,
} from "./rotation_progress.ts";
export { SqliteStore, type SqliteStoreOptions } from "./sqlite_store.ts";
export type {
  PutOptions,
  Store,
  StoreEvent,
  StoreItem,
  WatchOptions,
} from "./store.ts";
export { StoreError, type StoreErrorCode } from "./store_error.ts";
