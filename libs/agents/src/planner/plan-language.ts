import type { TaskKind } from '#contracts';

const head = `A plan is one JSON object:
{ "version": 1, "name": "short-name", "description": "one sentence", "tasks": [ ... ], "output": ... }

Every task has "id" (a small letter, then a-z, 0-9, _ or -; unique in the plan), "kind", and may have
"needs": ids of the tasks that must end before it starts. Tasks that do not need each other run at the same time, so
name in "needs" exactly those whose output the task reads or whose effect it relies on. It may also have
"when" (an expression; false skips the task), "timeout" ("30s", "10m") and "onError" ("fail" or "continue").

Kinds of task:`;

const kinds: { readonly [kind in TaskKind]: string } = {
  tool: `{ "id": "list", "kind": "tool", "tool": "<name>", "with": { <the tool's input> } }
  Output: what the tool gives.`,
  model: `{ "id": "explain", "kind": "model", "model": "nexus:standard", "system": "...", "prompt": "..." }
  One question to a language model, which sees only its prompt. Models: nexus:fast (cheap), nexus:standard, nexus:best.
  With "output": <JSON Schema> it answers with an object. Output: { text, object?, finishReason }.`,
  agent: `{ "id": "find", "kind": "agent", "agent": "<name>", "with": { "task": "what to do, with all it needs to know" } }
  Works by itself with its own tools, for work whose steps cannot be known before. Output: { result, turns }.`,
  approval: `{ "id": "gate", "kind": "approval", "question": "..." }
  Asks a person; refused, the task fails. Output: { approved, answer, comment, decidedBy }.`,
  wait: `{ "id": "pause", "kind": "wait", "for": "10m" }
  Output: null.`,
  map: `{ "id": "each", "kind": "map", "over": "\${tasks.list.output.files}", "as": "file", "do": { <one task, without id> } }
  Does the same for each item; inside, \${file} and \${index}. Output: { items: [{ status, output, error }], succeeded, failed }.`,
  branch: `{ "id": "decide", "kind": "branch", "cases": [ { "if": "\${...}", "do": [ <tasks> ] } ], "else": [ <tasks> ] }
  Output: { case, tasks }.`,
  loop: `{ "id": "fix", "kind": "loop", "while": "\${loop.index < 3}", "maxIterations": 3, "do": [ <tasks> ] }
  Output: { iterations, last }.`,
  plan: `{ "id": "part", "kind": "plan", "with": { <inputs> }, "plan": { <a plan> } }
  A plan within the plan; it sees only its inputs. Output: the inner plan's "output".`,
};

const tail = `Expressions stand in \${ }, in any text of "with", "prompt", "when" and "output". Alone in a text they keep their type:
"\${tasks.list.output.files}" is the list itself; inside other text they become text. They are JavaScript expressions
without statements, assignment or globals: member access, ?., ??, arithmetic, comparison, && || !, ? :, arrow functions
as arguments of map, filter, find, some, every, sort; also includes, slice, concat, join, flat, split, trim,
toLowerCase, toUpperCase, startsWith, endsWith, replaceAll, toFixed, and the functions keys, values, entries, min,
max, sum, round, json, parseJson.
They read inputs.<name>, and tasks.<id>.output, .status and .error of tasks in "needs" (also those needed by them).
"output" of the plan may read every task; it is what the person gets, so give the answer to the goal there.`;

/** The plan language as a model is taught it: the kinds of task that can run, and no others. */
export function planLanguage(running: readonly TaskKind[]): string {
  return [head, ...running.map((kind) => `- ${kind}: ${kinds[kind]}`), '', tail].join('\n');
}
