import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';
import { runNotFound } from '../run-view/run-details.js';
import type { EventView } from '../run-view/run-stream.js';

interface EventPage {
  readonly edges: readonly { readonly node: EventView }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const EventsQuery = operation<
  { run: { events: EventPage } | null },
  { id: string; after: string | null }
>(/* GraphQL */ `
  query Events($id: ID!, $after: String) {
    run(id: $id) {
      events(first: 200, after: $after) {
        edges {
          node {
            cursor
            type
            at
            taskPath
            data
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** The events of a run so far, from a cursor on, page by page. */
export async function* pastEvents(
  api: ApiClient,
  runId: string,
  after: string | null = null,
): AsyncGenerator<EventView> {
  for (let cursor: string | null = after, more = true; more;) {
    const { run }: { run: { events: EventPage } | null } = await api.request(EventsQuery, {
      id: runId,
      after: cursor,
    });
    if (!run) throw runNotFound(runId, api.url);
    for (const { node } of run.events.edges) yield node;
    more = run.events.pageInfo.hasNextPage;
    cursor = run.events.pageInfo.endCursor;
  }
}
