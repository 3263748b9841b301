import { nexusError } from '#contracts';

/** A Relay connection. */
export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A page of rows as a connection. */
export function connection<Node>(
  nodes: readonly Node[],
  cursorOf: (node: Node) => string,
  more: { readonly next: boolean; readonly previous: boolean },
): Connection<Node> {
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: more.next,
      hasPreviousPage: more.previous,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The refusal of a cursor that this list never gave out. */
export function badCursor(cursor: string): Error {
  return nexusError('BAD_USER_INPUT', `after: "${cursor.slice(0, 100)}" is not a cursor of this list`, {
    hint: 'pass a `cursor` or `endCursor` of an earlier page as it is, or none to begin at the start',
  });
}
