import type { Migration } from 'kysely/migration';
import { tables } from './0001-tables.js';
import { recordFunction } from './0002-record-function.js';
import { createRunFunction } from './0003-create-run.js';
import { control } from './0004-control.js';
import { recordFunctionOfControl } from './0005-record-function-of-control.js';
import { createRunOfControl } from './0006-create-run-of-control.js';
import { stopFunctions } from './0007-stop-functions.js';
import { signals } from './0008-signals.js';
import { secondTry } from './0009-second-try.js';
import { taskOrder } from './0011-task-order.js';
import { batches } from './0012-batches.js';
import { undoTables } from './0013-undo-tables.js';
import { effectFunctions } from './0014-effect-functions.js';
import { rollbackFunctions } from './0015-rollback-functions.js';
import { approvalFunctions } from './0016-approval-functions.js';
import { recordFunctionOfRollback } from './0017-record-function-of-rollback.js';
import { closedSegments } from './0019-closed-segments.js';
import { routedCalls } from './0024-routed-calls.js';
import { taskPages } from './0018-task-page.js';
import { budgets } from './0022-budgets.js';

/** Every migration, by the name it is remembered by. What has been released does not change any more. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-tables': tables,
  '0002-record-function': recordFunction,
  '0003-create-run': createRunFunction,
  '0004-control': control,
  '0005-record-function-of-control': recordFunctionOfControl,
  '0006-create-run-of-control': createRunOfControl,
  '0007-stop-functions': stopFunctions,
  '0008-signals': signals,
  '0009-second-try': secondTry,
  '0011-task-order': taskOrder,
  '0012-batches': batches,
  '0013-undo-tables': undoTables,
  '0014-effect-functions': effectFunctions,
  '0015-rollback-functions': rollbackFunctions,
  '0016-approval-functions': approvalFunctions,
  '0017-record-function-of-rollback': recordFunctionOfRollback,
  '0018-task-page': taskPages,
  '0019-closed-segments': closedSegments,
  '0022-budgets': budgets,
  '0024-routed-calls': routedCalls,
};
