import type { JsonSchema, JsonValue, Tool, ToolContext, ToolEffect } from '#contracts';
import { z } from 'zod';
import { inputFault, pathText } from './input-faults.js';

/** A tool as this lib writes one: its input is a zod schema, from which types and JSON Schema follow. */
export interface ToolDefinition<Input> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType<Input>;
  readonly effect: ToolEffect;
  readonly expectedMs: number;
  readonly run: (input: Input, context: ToolContext) => Promise<JsonValue>;
}

/** Makes a tool that parses its input, fills in the defaults, and names every fault of a bad one. */
export function defineTool<Input>(definition: ToolDefinition<Input>): Tool {
  const { name, description, effect, expectedMs } = definition;
  return {
    name,
    description,
    effect,
    expectedMs,
    inputSchema: jsonSchemaOf(definition.input),
    run: async (input, context) => {
      const parsed = definition.input.safeParse(input ?? {});
      if (!parsed.success) {
        throw inputFault(
          name,
          parsed.error.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`),
        );
      }
      return definition.run(parsed.data, context);
    },
  };
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest as JsonSchema;
}
