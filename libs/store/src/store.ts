import { isNexusError, nexusError } from '#contracts';
import type { NexusError, RunRecord } from '#contracts';
import { createApprovalLinkRepository } from './approval-link.repository.js';
import type { ApprovalLinkRepository } from './approval-link.repository.js';
import { createApprovalRepository } from './approval.repository.js';
import type { ApprovalRepository } from './approval.repository.js';
import { createArtefactRepository } from './artefact.repository.js';
import type { ArtefactRepository } from './artefact.repository.js';
import { createLocalFeed } from './changes.js';
import type { ChangeFeed, Changes } from './changes.js';
import { createConversationRepository } from './conversation.repository.js';
import type { ConversationRepository } from './conversation.repository.js';
import type { Database } from './database.js';
import { databaseError, reasonOf, sqlState, withDatabaseErrors } from './database-error.js';
import { createEffectRepository } from './effect.repository.js';
import type { EffectRepository } from './effect.repository.js';
import { createEventRepository } from './event.repository.js';
import type { EventRepository } from './event.repository.js';
import { createKillSwitchRepository } from './kill-switch.repository.js';
import type { KillSwitchRepository } from './kill-switch.repository.js';
import { createLedgerRepository } from './ledger.repository.js';
import type { LedgerRepository } from './ledger.repository.js';
import { createLeaseRepository } from './lease.repository.js';
import type { LeaseRepository } from './lease.repository.js';
import { createMapResultRepository } from './map-result.repository.js';
import type { MapResultRepository } from './map-result.repository.js';
import { migrate } from './migrate.js';
import { createModelReplyRepository } from './model-reply.repository.js';
import type { ModelReplyRepository } from './model-reply.repository.js';
import { createRoutedCallRepository } from './routed-call.repository.js';
import type { RoutedCallRepository } from './routed-call.repository.js';
import { createModelCallRepository } from './model-call.repository.js';
import type { ModelCallRepository } from './model-call.repository.js';
import { openPGlite } from './open-pglite.js';
import { openPostgres } from './open-postgres.js';
import { createPauseRepository } from './pause.repository.js';
import type { PauseRepository } from './pause.repository.js';
import { openPostgresFeed } from './postgres-feed.js';
import { createRecorder } from './recorder.js';
import type { RecordResult } from './recorder.js';
import { createRollbackRepository } from './rollback.repository.js';
import type { RollbackRepository } from './rollback.repository.js';
import { createRunRepository } from './run.repository.js';
import type { RunRepository } from './run.repository.js';
import { createSegmentRepository } from './segment.repository.js';
import type { SegmentRepository } from './segment.repository.js';
import { createSignalRepository } from './signal.repository.js';
import type { SignalRepository } from './signal.repository.js';
import { createStandingRuleRepository } from './standing-rule.repository.js';
import type { StandingRuleRepository } from './standing-rule.repository.js';
import { createTaskRepository } from './task.repository.js';
import type { TaskRepository } from './task.repository.js';
import { createTemplateRepository } from './template.repository.js';
import type { TemplateRepository } from './template.repository.js';
import { createValueRepository } from './value.repository.js';
import type { ValueRepository } from './value.repository.js';
import { createWorkerRepository } from './worker.repository.js';
import type { WorkerRepository } from './worker.repository.js';

export interface StoreOptions {
  /** Of a PostgreSQL server; without one the database is embedded. */
  readonly url?: string | undefined;
  /** Folder of the embedded database; without one it is in memory. */
  readonly dataDir?: string | undefined;
  /** Connections to the server, beside the one that listens. */
  readonly poolSize?: number | undefined;
  readonly log?: ((message: string) => void) | undefined;
}

/** Commits that may be under way at once: one waits for the disk while another is at work. */
const postgresLanes = 4;

/** All that Nexus remembers outside Temporal, on either database. */
export interface Store {
  readonly kind: 'postgres' | 'pglite';
  readonly runs: RunRepository;
  readonly tasks: TaskRepository;
  readonly events: EventRepository;
  readonly artefacts: ArtefactRepository;
  readonly values: ValueRepository;
  readonly templates: TemplateRepository;
  readonly segments: SegmentRepository;
  readonly conversations: ConversationRepository;
  readonly modelCalls: ModelCallRepository;
  readonly routedCalls: RoutedCallRepository;
  readonly modelReplies: ModelReplyRepository;
  readonly pauses: PauseRepository;
  readonly killSwitches: KillSwitchRepository;
  readonly workers: WorkerRepository;
  readonly mapResults: MapResultRepository;
  readonly signals: SignalRepository;
  readonly leases: LeaseRepository;
  readonly ledger: LedgerRepository;
  readonly effects: EffectRepository;
  readonly rollbacks: RollbackRepository;
  readonly approvals: ApprovalRepository & {
    readonly standingRules: StandingRuleRepository;
    readonly links: ApprovalLinkRepository;
  };
  readonly changes: Changes;
  /** Makes the record true as a whole; resolves when it is durable. Records of one run keep their order. */
  record(record: RunRecord): Promise<RecordResult>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  /** Writes what is under way, then lets go of the database. */
  close(): Promise<void>;
}

/** Opens the database, brings its schema up to date, and gives the store over it. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const log = options.log ?? (() => undefined);
  const { url } = options;
  const database = await openDatabase(options, log);
  try {
    await migrate(database, log);
    const feed = url === undefined ? createLocalFeed(log) : await openPostgresFeed(url, database, log);
    return storeOver(database, feed);
  } catch (error) {
    await database.close();
    throw cannotOpen(error, url);
  }
}

async function openDatabase(options: StoreOptions, log: (message: string) => void): Promise<Database> {
  const { url, dataDir, poolSize = 10 } = options;
  if (url !== undefined) return openPostgres({ url, poolSize, log });
  try {
    return await openPGlite(dataDir);
  } catch (error) {
    throw nexusError(
      'FAILED_PRECONDITION',
      `the embedded database cannot be opened in ${dataDir ?? 'memory'}`,
      {
        hint: 'Is the folder writable, and does no other process use it?',
        cause: error,
      },
    );
  }
}

function storeOver(database: Database, feed: ChangeFeed): Store {
  const recorder = createRecorder(database, database.kind === 'pglite' ? 1 : postgresLanes, feed.publish);
  const killSwitches = createKillSwitchRepository(database, feed.publish);
  const artefacts = withDatabaseErrors('artefacts', createArtefactRepository(database));

  async function ping(): Promise<void> {
    await database.call({ name: 'ping', text: 'select 1' }, []);
  }

  async function close(): Promise<void> {
    await recorder.close();
    await feed.close();
    await database.close();
  }

  return {
    kind: database.kind,
    runs: withDatabaseErrors('runs', createRunRepository(database, recorder, feed.publish)),
    tasks: withDatabaseErrors('tasks', createTaskRepository(database)),
    events: withDatabaseErrors('events', createEventRepository(database)),
    artefacts,
    values: withDatabaseErrors('values', createValueRepository(artefacts)),
    templates: withDatabaseErrors('templates', createTemplateRepository(database)),
    segments: withDatabaseErrors('segments', createSegmentRepository(database)),
    conversations: withDatabaseErrors('conversations', createConversationRepository(database)),
    modelCalls: withDatabaseErrors('modelCalls', createModelCallRepository(database)),
    routedCalls: withDatabaseErrors('routedCalls', createRoutedCallRepository(database)),
    modelReplies: withDatabaseErrors('modelReplies', createModelReplyRepository(database)),
    pauses: withDatabaseErrors('pauses', createPauseRepository(database, feed.publish)),
    // Watching is no operation of the database.
    killSwitches: { ...withDatabaseErrors('killSwitches', killSwitches), watch: killSwitches.watch },
    workers: withDatabaseErrors('workers', createWorkerRepository(database)),
    mapResults: withDatabaseErrors('mapResults', createMapResultRepository(database)),
    signals: withDatabaseErrors('signals', createSignalRepository(database)),
    leases: withDatabaseErrors('leases', createLeaseRepository(database)),
    ledger: withDatabaseErrors('ledger', createLedgerRepository(database)),
    effects: withDatabaseErrors('effects', createEffectRepository(database, feed.publish)),
    rollbacks: withDatabaseErrors('rollbacks', createRollbackRepository(database, feed.publish)),
    approvals: {
      ...withDatabaseErrors('approvals', createApprovalRepository(database, feed.publish)),
      standingRules: withDatabaseErrors('standingRules', createStandingRuleRepository(database)),
      links: withDatabaseErrors('links', createApprovalLinkRepository(database)),
    },
    changes: { subscribe: feed.subscribe },
    record: recorder.record,
    ...withDatabaseErrors('store', { ping, close }),
  };
}

function cannotOpen(error: unknown, url: string | undefined): NexusError {
  if (isNexusError(error)) return error;
  if (url === undefined || sqlState(error) !== null) return databaseError(error, 'opening the database');
  return nexusError(
    'FAILED_PRECONDITION',
    `PostgreSQL at ${placeOf(url)} cannot be reached: ${reasonOf(error)}`,
    {
      retryable: true,
      hint: 'Is the server running, and are host, port, user and password of the URL right?',
      cause: error,
    },
  );
}

/** The URL without its secrets. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'the given URL' : `${parsed.host}${parsed.pathname}`;
}
