import { nexusError } from '#contracts';
import { type ArtefactRow, cursorOf } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { connection, type Connection } from './connection.js';
import { Id, pageFields } from './input-fields.js';
import { parseInput } from './parse-input.js';

export const ReadArtefactsInput = z.strictObject({ runId: Id, ...pageFields(50) });
export const ReadArtefactInput = z.strictObject({ id: Id });

/** An artefact as every door shows it, without its content. */
export interface ArtefactView {
  readonly __typename: 'Artefact';
  readonly id: string;
  readonly runId: string;
  readonly taskPath: string | null;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Path at the API from which it is downloaded. */
  readonly url: string;
  readonly createdAt: number;
}

export interface ArtefactContent {
  readonly artefact: ArtefactView;
  readonly content: Uint8Array;
}

/** A page of a run's artefacts, oldest first. */
export async function readArtefacts(
  { store }: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<Connection<ArtefactView>> {
  const { runId, first, after } = parseInput(ReadArtefactsInput, input);
  const page = await store.artefacts.page(context.tenant, runId, { first, after: after ?? undefined });
  const more = { next: page.hasNextPage, previous: after !== null };
  return connection(page.rows.map(artefactView), cursorOf, more);
}

/** An artefact with its content. Those that only Nexus reads are not known to anyone else. */
export async function readArtefact(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<ArtefactContent> {
  const { id } = parseInput(ReadArtefactInput, input);
  const found = await findArtefact(deps, context, id);
  if (!found) throw nexusError('NOT_FOUND', `artefact ${id} is not known`);
  return found;
}

/** The artefact, or null. */
export async function findArtefact(
  { store }: CommandDeps,
  context: CommandContext,
  id: string,
): Promise<ArtefactContent | null> {
  const row = id.startsWith('art_') ? await store.artefacts.get(context.tenant, id) : null;
  if (!row || row.internal) return null;
  const { content, ...artefact } = row;
  return { artefact: artefactView(artefact), content };
}

function artefactView(row: ArtefactRow): ArtefactView {
  const { id, runId, taskPath, name, mediaType, bytes, sha256, createdAt } = row;
  const url = `/v1/artefacts/${id}`;
  return { __typename: 'Artefact', id, runId, taskPath, name, mediaType, bytes, sha256, url, createdAt };
}
