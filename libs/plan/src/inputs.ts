import type { JsonObject, JsonSchema, JsonValue } from '#contracts';
import { formatPath } from './fault.js';
import type { PlanFault } from './fault.js';
import { isJsonObject } from './json.js';
import { schemaViolations } from './schema-violations.js';

/** Everything that inputs, an answer or an output has against its JSON Schema; nothing when there is no schema. */
export function validateInputs(schema: JsonSchema | undefined, value: JsonValue): PlanFault[] {
  return schemaViolations(schema, value).map(({ keys, message }) => ({
    path: formatPath(keys),
    code: 'BAD_USER_INPUT',
    message,
  }));
}

/** A copy in which inputs that are missing have the default that the schema gives them, at any depth. */
export function applyInputDefaults(schema: JsonSchema | undefined, value: JsonValue): JsonValue {
  if (isJsonObject(schema?.properties) && isJsonObject(value)) {
    const result: JsonObject = { ...value };
    for (const [name, inner] of Object.entries(schema.properties)) {
      if (!isJsonObject(inner)) continue;
      const given = Object.hasOwn(value, name) ? value[name] : inner.default;
      if (given !== undefined) result[name] = applyInputDefaults(inner, given);
    }
    return result;
  }
  const items = schema?.items;
  if (isJsonObject(items) && Array.isArray(value))
    return value.map((item) => applyInputDefaults(items, item));
  return value;
}
