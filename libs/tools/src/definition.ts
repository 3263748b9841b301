import type { JsonSchema, JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';
import { z } from 'zod';
import { inputFault, pathText } from './input-faults.js';

/** A tool as this lib writes one: its input is a zod schema, from which types and JSON Schema follow. */
export interface ToolDefinition<Input, Kept extends JsonValue = JsonValue> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType<Input>;
  readonly effect: ToolEffect;
  readonly expectedMs: number;
  readonly run: (input: Input, context: ToolContext) => Promise<JsonValue>;
  /** Of a reversible tool. What it keeps has a schema too: another version may be the one that reads it. */
  readonly undo?: {
    readonly kept: z.ZodType<Kept>;
    readonly prepare: (input: Input, context: ToolContext) => Promise<Kept>;
    readonly run: (kept: Kept, context: ToolContext) => Promise<JsonValue>;
  };
}

/** Makes a tool that parses its input, fills in the defaults, and names every fault of a bad one. */
export function defineTool<Input, Kept extends JsonValue>(definition: ToolDefinition<Input, Kept>): Tool {
  const { name, description, effect, expectedMs, input: schema, undo } = definition;
  return {
    name,
    description,
    effect,
    expectedMs,
    inputSchema: jsonSchemaOf(schema),
    run: async (input, context) => definition.run(parsed(name, schema, input ?? {}), context),
    ...(undo && {
      undo: {
        prepare: async (input, context) => undo.prepare(parsed(name, schema, input ?? {}), context),
        run: async (kept, context) => undo.run(parsed(name, undo.kept, kept), context),
      },
    }),
  };
}

function parsed<Value>(tool: string, schema: z.ZodType<Value>, given: JsonValue): Value {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw inputFault(
    tool,
    result.error.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`),
  );
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest as JsonSchema;
}
