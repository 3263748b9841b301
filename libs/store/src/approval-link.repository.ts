import { createHash, randomBytes } from 'node:crypto';
import { nexusError } from '#contracts';
import { sql } from 'kysely';
import type { Database, Statement } from './database.js';
import { plainText, timeText } from './json-text.js';

/** What a link is good for: one decision about one approval, in the name of one person. */
export interface ApprovalLink {
  readonly tenant: string;
  readonly approvalId: string;
  readonly person: string;
  readonly expiresAt: number;
}

export interface ApprovalLinkRepository {
  /** Makes a link. Its token is nowhere but in what is returned: only a hash of it is kept. */
  create(link: ApprovalLink): Promise<{ readonly token: string }>;
  /** What it is good for, as long as it is: null once it was used, is expired, or never was. */
  find(token: string): Promise<ApprovalLink | null>;
  /** What it is, or was, good for, and when it was used; null when it never was a link. */
  look(token: string): Promise<(ApprovalLink & { readonly usedAt: number | null }) | null>;
  /** As `find`, and it is good for nothing afterwards. Of several who use it at once, one gets it. */
  use(token: string): Promise<ApprovalLink | null>;
}

const createLink: Statement = {
  name: 'create_link',
  text: `insert into approval_link (token_hash, tenant, approval_id, person, created_at, expires_at)
select $1, a.tenant, a.id, $4, clock_timestamp(), $5::timestamptz from approval a where a.tenant = $2 and a.id = $3
returning approval_id as id`,
};

const columns = ['tenant', 'approval_id as approvalId', 'person', 'expires_at as expiresAt'] as const;
const isGood = sql<boolean>`(used_at is null and expires_at > clock_timestamp())`;

export function createApprovalLinkRepository(database: Database): ApprovalLinkRepository {
  const { kysely } = database;

  async function create({ tenant, approvalId, person, expiresAt }: ApprovalLink): Promise<{ token: string }> {
    const token = randomBytes(32).toString('base64url');
    const given = [hashOf(token), tenant, plainText(approvalId), plainText(person), timeText(expiresAt)];
    const [made] = await database.call<{ id: string }>(createLink, given);
    if (made === undefined) throw nexusError('NOT_FOUND', `approval ${approvalId} is not known`);
    return { token };
  }

  async function find(token: string): Promise<ApprovalLink | null> {
    const links = kysely.selectFrom('approval_link').select(columns);
    return (await links.where('token_hash', '=', hashOf(token)).where(isGood).executeTakeFirst()) ?? null;
  }

  async function look(token: string): Promise<(ApprovalLink & { usedAt: number | null }) | null> {
    const links = kysely.selectFrom('approval_link').select([...columns, 'used_at as usedAt']);
    return (await links.where('token_hash', '=', hashOf(token)).executeTakeFirst()) ?? null;
  }

  async function use(token: string): Promise<ApprovalLink | null> {
    const row = await kysely
      .updateTable('approval_link')
      .set({ used_at: sql<string>`clock_timestamp()` })
      .where('token_hash', '=', hashOf(token))
      .where(isGood)
      .returning(columns)
      .executeTakeFirst();
    return row ?? null;
  }

  return { create, find, look, use };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
