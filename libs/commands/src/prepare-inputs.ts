import { type JsonSchema, type JsonValue, maxValueBytes } from '#contracts';
import { applyInputDefaults, validateInputs } from '#plan';
import { fieldPath } from './field-path.js';
import { type UserError, userError } from './user-error.js';

/** A run's inputs with their defaults, and what is wrong with them. */
export interface PreparedInputs {
  readonly value: JsonValue;
  readonly userErrors: readonly UserError[];
}

/** Checks inputs against the plan's schema, when it has one. */
export function prepareInputs(
  schema: JsonSchema | undefined,
  given: JsonValue | null | undefined,
): PreparedInputs {
  const inputs = given ?? {};
  if (typeof inputs !== 'object' || Array.isArray(inputs)) {
    return refused('BAD_USER_INPUT', 'inputs are a JSON object: names and values');
  }
  const bytes = Buffer.byteLength(JSON.stringify(inputs));
  if (bytes > maxValueBytes) {
    return refused('BAD_USER_INPUT', `inputs have ${bytes} bytes; at most ${maxValueBytes} are taken`);
  }
  const value = applyInputDefaults(schema, inputs);
  const userErrors = validateInputs(schema, value).map(({ code, path, message, hint }) => {
    const field = ['inputs', ...fieldPath(path)];
    return userError(code, `${field.join('.')}: ${message}`, field, hint);
  });
  return { value, userErrors };
}

function refused(code: string, message: string): PreparedInputs {
  return { value: {}, userErrors: [userError(code, message, ['inputs'])] };
}
