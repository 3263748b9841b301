import { apiErrorCodes, nexusError } from '#contracts';

/** An expected refusal, as every payload of the API carries them. */
export interface UserErrorView {
  readonly field: readonly string[] | null;
  readonly code: string;
  readonly message: string;
}

/** The selection that goes with it. */
export const userErrorFields = 'userErrors { field code message }';

/** Throws when a command was refused, with every reason; else gives what it came with. */
export function accepted<Subject>(
  subject: Subject | null,
  userErrors: readonly UserErrorView[],
  hint?: string,
): Subject {
  const [first] = userErrors;
  if (first) throw nexusError(codeOf(first.code), userErrors.map(refusalText).join('\n'), { hint });
  if (subject === null) throw nexusError('INTERNAL', 'the API answered with neither a result nor a reason');
  return subject;
}

function codeOf(code: string) {
  const known = apiErrorCodes.find((apiCode) => apiCode === code);
  return known ?? (code.includes('INVALID') ? 'BAD_USER_INPUT' : 'FAILED_PRECONDITION');
}

/** Messages mostly name the place themselves; where one does not, its field goes before it. */
function refusalText({ field, message }: UserErrorView): string {
  const last = field?.at(-1);
  const isNamed = last === undefined || field?.length === 1 || message.includes(last);
  return isNamed ? message : `${field?.join('.')}: ${message}`;
}
