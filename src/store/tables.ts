import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Scope } from '../contract/accounts.js';
import type { DeployAction } from '../contract/deployments.js';
import type { Status, TerminationKind, TerminationReason } from '../contract/status.js';

/** A time that the database's clock sets when a row is inserted. */
type SetOnce = ColumnType<Date, never, never>;

/** The actions in the audit log. */
export type AuditAction =
  | 'account.create'
  | 'token.create'
  | 'token.revoke'
  | 'service.create'
  | 'service.delete'
  | 'image.push'
  | 'deploy'
  | 'rollback'
  | 'promote'
  | 'terminate'
  | 'drone.drain';

/** The tables of `jamdev serve`, as its migrations leave them. */
export interface Tables {
  accounts: { name: string; created_at: SetOnce };
  api_tokens: {
    id: string;
    account: string;
    /** SHA-256 of the secret. */
    secret_hash: Buffer;
    scopes: Scope[];
    created_at: SetOnce;
    last_used_at: ColumnType<Date | null, never, Date>;
    revoked_at: ColumnType<Date | null, never, Date>;
  };
  audit: {
    id: Generated<number>;
    time: SetOnce;
    account: string;
    /** `token:ID`, or `operator:USER@HOST` for a person who works directly on the database. */
    actor: string;
    action: AuditAction;
    /** The object of the action. */
    target: string;
  };
  services: { account: string; service: string; created_at: SetOnce };
  /** Services in the config file, which every account has. */
  configured_services: { service: string; created_at: SetOnce };
  environments: {
    account: string;
    service: string;
    environment: string;
    /** The selected image: a full reference, or the digest of an image of the service; null for the newest push. */
    image: string | null;
    changed_at: ColumnType<Date, never, Date>;
  };
  deployments: {
    id: Generated<number>;
    account: string;
    service: string;
    environment: string;
    /** The selected image, as in `environments`. */
    image: string | null;
    action: DeployAction;
    /** For a rollback: the deployment that was restored. */
    origin: number | null;
    actor: string;
    time: SetOnce;
  };
  images: {
    id: Generated<number>;
    account: string;
    service: string;
    digest: string;
    tag: string;
    pushed_at: Date;
    /** The id of the registry's notification, which may arrive more than once; null until it arrives. */
    event_id: string | null;
  };
  /** Repositories that were opened for a push. */
  push_grants: {
    account: string;
    service: string;
    /** The person or program that may be pushing. */
    actor: string;
    granted_at: ColumnType<Date, never, Date>;
    /** When the registry was last queried; `-infinity` after an event that may have changed the repository. */
    checked_at: ColumnType<Date, never, Date>;
  };
  /** The digests of images that the config specifies by tag. */
  resolved_images: { reference: string; digest: string; resolved_at: ColumnType<Date, undefined, Date> };
  backends: {
    id: string;
    account: string;
    service: string;
    environment: string;
    key: string;
    /** Whether the key was given in the request. */
    key_given: boolean;
    cluster: string;
    subdomain: string | null;
    /** The image as it is passed to Plane. */
    image: string;
    digest: string | null;
    drone: string | null;
    memory_limit_bytes: number | null;
    created_at: SetOnce;
    /** The rank of the last status in the order of statuses, set by the status table's trigger. */
    last_rank: ColumnType<number, never, never>;
    last_status_at: ColumnType<Date, never, never>;
    /** When the backend terminated. */
    ended_at: ColumnType<Date | null, never, never>;
    exit_code: ColumnType<number | null, never, number>;
    /** The process that follows the backend's statuses, and the time until which its lease is valid. */
    follower: ColumnType<string | null, never, string | null>;
    followed_until: ColumnType<Date | null, never, Date | null>;
  };
  backend_statuses: {
    backend_id: string;
    rank: number;
    status: Status;
    time: Date;
    reason: TerminationReason | null;
    kind: TerminationKind | null;
    exit_error: boolean | null;
  };
  backend_logs: {
    backend_id: string;
    content: Buffer;
    /** Whether it is only the end of a longer log. */
    is_cut: boolean;
    saved_at: SetOnce;
  };
  drones: { cluster: string; name: string; last_seen_at: Date };
}

/** The database of `jamdev serve`. Queries reject with a JamdevError if the cause is the database itself. */
export type Store = Kysely<Tables>;
