import type { RunRow } from '#store';
import type { RunFilter } from './input-fields.js';

/** Whether a run passes a filter: all that the filter names must hold. */
export function matchesFilter(run: RunRow, filter: RunFilter): boolean {
  const { status, labels, text, createdAfter, createdBefore } = filter;
  if (status && status.length > 0 && !status.includes(run.status)) return false;
  if (labels && !labels.every((label) => run.labels.includes(label))) return false;
  if (text && !searchText(run).includes(text.toLowerCase())) return false;
  if (typeof createdAfter === 'number' && run.createdAt <= createdAfter) return false;
  return typeof createdBefore !== 'number' || run.createdAt < createdBefore;
}

function searchText({ id, goal }: RunRow): string {
  return `${id}\n${goal ?? ''}`.toLowerCase();
}
