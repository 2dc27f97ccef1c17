import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Scope } from '../contract/accounts.js';
import type { DeployAction } from '../contract/deployments.js';
import type { Status, TerminationKind, TerminationReason } from '../contract/status.js';

/** A time that the database's own clock sets when a row is inserted. */
type SetOnce = ColumnType<Date, never, never>;

/** What the audit records. */
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

/** What `jamdev serve` keeps, as its migrations leave it. */
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
    /** `token:ID`, or `operator:USER@HOST` for who works on the database itself. */
    actor: string;
    action: AuditAction;
    /** What it was done to. */
    target: string;
  };
  services: { account: string; service: string; created_at: SetOnce };
  /** Services of the config file, which every account has. */
  configured_services: { service: string; created_at: SetOnce };
  environments: {
    account: string;
    service: string;
    environment: string;
    /** What it was set to run: a full reference, or the digest of an image of the service. Null: the newest push. */
    image: string | null;
    changed_at: ColumnType<Date, never, Date>;
  };
  deployments: {
    id: Generated<number>;
    account: string;
    service: string;
    environment: string;
    /** What the environment was set to run, as in `environments`. */
    image: string | null;
    action: DeployAction;
    /** Of a rollback: the deployment that it went back to. */
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
    /** Of the registry's notification, which may come more than once; null while none came. */
    event_id: string | null;
  };
  /** Repositories that were opened for a push. */
  push_grants: {
    account: string;
    service: string;
    /** Who may be pushing. */
    actor: string;
    granted_at: ColumnType<Date, never, Date>;
    /** When the registry was last asked what is there; `-infinity` after something that may have changed it. */
    checked_at: ColumnType<Date, never, Date>;
  };
  /** Images that the config names by tag. */
  resolved_images: { reference: string; digest: string; resolved_at: ColumnType<Date, undefined, Date> };
  backends: {
    id: string;
    account: string;
    service: string;
    environment: string;
    key: string;
    /** Whether the request named the key. */
    key_given: boolean;
    cluster: string;
    subdomain: string | null;
    /** As it was given to Plane. */
    image: string;
    digest: string | null;
    drone: string | null;
    memory_limit_bytes: number | null;
    created_at: SetOnce;
    /** Of the last status, whose trigger sets it: its place in the order of statuses. */
    last_rank: ColumnType<number, never, never>;
    last_status_at: ColumnType<Date, never, never>;
    /** When it terminated. */
    ended_at: ColumnType<Date | null, never, never>;
    exit_code: ColumnType<number | null, never, number>;
    /** The program that follows its statuses, and until when the others leave that to it. */
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
    /** Whether it is the end of a longer one. */
    is_cut: boolean;
    saved_at: SetOnce;
  };
  drones: { cluster: string; name: string; last_seen_at: Date };
}

/** The database of `jamdev serve`. Queries reject with a JamdevError where the database itself is the reason. */
export type Store = Kysely<Tables>;
