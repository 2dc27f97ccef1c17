import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Scope } from '../contract/accounts.js';

/** A time that the database's own clock sets when a row is inserted. */
type SetOnce = ColumnType<Date, never, never>;

/** What the audit tells of. */
export type AuditAction =
  | 'account.create'
  | 'token.create'
  | 'token.revoke'
  | 'service.create'
  | 'service.delete'
  | 'deploy'
  | 'terminate';

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
}

/** The database of `jamdev serve`. Queries reject with a JamdevError where the database itself is the reason. */
export type Store = Kysely<Tables>;
