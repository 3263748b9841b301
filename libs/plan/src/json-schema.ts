import type { JsonObject, JsonValue } from '#contracts';
import { z } from 'zod';
import { PlanDocument } from './document.js';
import { isJsonObject } from './json.js';
import { exclusiveFields } from './validation/structure.js';

/** The JSON Schema of plans, as published: made from the schema that plans are parsed with. */
export function planJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(PlanDocument, { io: 'input', unrepresentable: 'any' }) as JsonObject;
  const { $defs, ...document } = schema;
  const definitions = isJsonObject($defs) ? $defs : {};
  const task = isJsonObject(definitions.Task) ? definitions.Task : {};
  const kinds = (Array.isArray(task.oneOf) ? task.oneOf : []).filter(isJsonObject);
  for (const kind of kinds) narrow(kind);
  if (isJsonObject(document.properties)) document.properties.tasks = named(document.properties.tasks);
  return {
    ...document,
    title: 'Nexus plan',
    $defs: { ...definitions, NamedTask: { allOf: [{ $ref: '#/$defs/Task' }, { required: ['id'] }] } },
  };
}

/** Adds what the language asks of one kind of task and a zod object cannot say by itself. */
function narrow(kind: JsonObject): void {
  const properties = isJsonObject(kind.properties) ? kind.properties : {};
  const name = isJsonObject(properties.kind) ? properties.kind.const : undefined;
  const choice = exclusiveFields[String(name)];
  if (choice) kind.oneOf = choice.map((field) => ({ required: [field] }));
  for (const field of ['cases', 'else', ...(name === 'map' ? [] : ['do'])]) {
    if (properties[field] !== undefined) properties[field] = named(properties[field]);
  }
}

/** The same schema where tasks need an id: everywhere but in a map. */
function named(schema: JsonValue | undefined): JsonValue {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/Task"', '"#/$defs/NamedTask"')) as JsonValue;
}
