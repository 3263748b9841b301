import { notAvailable } from '#commands';
import { nexusError } from '#contracts';

/** Mutations of the schema that nothing stands behind yet, by the field of their payload. */
const mutations = {
  run: ['forkRun', 'rewindRun', 'triggerSchedule'],
  schedule: ['upsertSchedule', 'setSchedulePaused', 'backfillSchedule', 'deleteSchedule'],
} as const;

const queries = ['runTimeline', 'runStateAt', 'runDiff', 'schedules'] as const;

/** Resolvers that refuse: by a user error where the payload has a place for one, else by an error. */
export const unavailableOperations = {
  Mutation: Object.fromEntries(
    Object.entries(mutations).flatMap(([field, operations]) =>
      operations.map((operation) => [
        operation,
        () => ({ [field]: null, userErrors: [notAvailable(operation)] }),
      ]),
    ),
  ),
  Query: Object.fromEntries(queries.map((operation) => [operation, () => refuse(operation)])),
};

function refuse(operation: string): never {
  throw nexusError('FAILED_PRECONDITION', `${operation} is not available yet`);
}
