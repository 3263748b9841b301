import { dollars } from '../amounts.js';
import { plainLine } from '../plain-text.js';
import type { EventView } from './run-stream.js';

/** An event on one line: `13:04:05.123  task.failed  build  TOOL_FAILED: exit code 2`. */
export function eventLine(event: EventView): string {
  const at = new Date(event.at).toISOString().slice(11, 23);
  const parts = [at, event.type.padEnd(14), event.taskPath ?? '', detail(event)];
  return parts
    .filter((part) => part !== '')
    .join('  ')
    .trimEnd();
}

function detail({ type, data }: EventView): string {
  if (!data || Object.keys(data).length === 0) return '';
  if (type === 'task.output' || type === 'model.delta')
    return plainLine(typeof data['text'] === 'string' ? data['text'] : '');
  if (type === 'model.call') return modelCall(data);
  return Object.entries(data)
    .map(([key, value]) => {
      if (key === 'error') return failure(value);
      return key === 'wait' ? waitText(value) : `${key} ${show(value)}`;
    })
    .filter((part) => part !== '')
    .join('  ');
}

function modelCall(data: Readonly<Record<string, unknown>>): string {
  const { deployment, tokens, cost, ms } = data;
  const money = typeof cost === 'string' ? dollars(cost) : '';
  return [show(deployment), `${show(tokens)} tokens`, money, `${show(ms)} ms`].filter(Boolean).join('  ');
}

function failure(value: unknown): string {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return code === undefined && message === undefined ? '' : plainLine(`${String(code)}: ${String(message)}`);
}

function waitText(value: unknown): string {
  const { kind, detail } = (value ?? {}) as { kind?: unknown; detail?: unknown };
  return `${show(kind)}: ${show(detail)}`;
}

const longest = 200;

function show(value: unknown): string {
  const text = plainLine(typeof value === 'string' ? value : JSON.stringify(value ?? null));
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
