import type { AgentToolFacts } from '#plan/engine';

/** Models know tools by letters, digits, `_` and `-` only, up to 64 of them; ours have dots. */
const notAllowed = /[^A-Za-z0-9_-]/g;
const longestName = 64;

/** The names under which an agent's model knows its tools, each to one tool; stable for the same tools. */
export function nameTools(tools: readonly AgentToolFacts[]): ReadonlyMap<string, AgentToolFacts> {
  const named = new Map<string, AgentToolFacts>();
  for (const tool of tools) {
    const plain = tool.name.replace(notAllowed, '_').slice(0, longestName);
    let name = plain;
    for (let number = 2; named.has(name) || name === resultToolName; number++) {
      const suffix = `_${number}`;
      name = `${plain.slice(0, longestName - suffix.length)}${suffix}`;
    }
    named.set(name, tool);
  }
  return named;
}

/** The tool by which a model gives a result that has to fit a schema. */
export const resultToolName = 'submit_result';
