import type { NexusError } from '#contracts';
import { nexusError } from '#contracts';

/** A path into the input, as people write it: `files[2].name`; `input` for the whole. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => {
      if (typeof step === 'number' || /^\d+$/.test(String(step))) return `[${String(step)}]`;
      return /^[A-Za-z_$][\w$]*$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(step)}]`;
    })
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'input' : text;
}

/** The one refusal of a bad input: all its faults, each with its path. */
export function inputFault(tool: string, faults: readonly string[]): NexusError {
  return nexusError('INVALID_INPUT', `${tool}: ${faults.join('; ')}`, {
    hint: `See the input schema of ${tool}.`,
    noEffect: true,
  });
}
