import { z } from 'zod';

/** An agent as data: who it is, what it may use, how long it may take. */
export const AgentDefinition = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, {
    error: 'a name is a small letter and then up to 62 of a-z, 0-9 and -',
  }),
  version: z.int().min(1),
  description: z.string().min(1),
  /** What it is good for, in words that people search for. */
  capabilities: z.array(z.string().min(1)),
  /** Names of tools; `git.*` is every tool whose name begins with `git.`. */
  tools: z.array(z.string().min(1)),
  instructions: z.string().min(1),
  /** A tier such as `nexus:standard`, or `provider:model`. */
  model: z.string().min(1),
  limits: z.strictObject({
    maxTurns: z.int().min(1),
    /** Input and output over all turns, as billed: what was said before is read again in each turn. */
    maxTokens: z.int().min(1),
  }),
});
export type AgentDefinition = z.infer<typeof AgentDefinition>;
