import type { JsonValue } from '#contracts';

/** What expressions can read, by name: `inputs`, `tasks`, `loop`, and so on. */
export type ExpressionEnv = Readonly<Record<string, JsonValue | undefined>>;
