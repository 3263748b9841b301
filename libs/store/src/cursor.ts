import { nexusError } from '#contracts';

/** A place in a list ordered by time and ID. Opaque outside. */
export function cursorOf(row: { readonly createdAt: number; readonly id: string }): string {
  return Buffer.from(`${row.createdAt}:${row.id}`).toString('base64url');
}

/** The place that a cursor names; throws BAD_USER_INPUT when it is none of ours. */
export function parseCursor(cursor: string): { createdAt: number; id: string } {
  const match = /^(\d{1,15}):([^\0]+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match?.[1] === undefined || match[2] === undefined) {
    throw nexusError('BAD_USER_INPUT', `"${cursor}" is not a cursor of this list`, {
      hint: 'Pass the endCursor of the page before, unchanged.',
    });
  }
  return { createdAt: Number(match[1]), id: match[2] };
}

/** A page from rows of which one more than `first` was asked for. */
export function pageOf<Row>(rows: Row[], first: number): { rows: Row[]; hasNextPage: boolean } {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}
