import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

function recorded(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes one JSON object a line with the level by name and the time in UTC', () => {
    const [line] = recorded((log) => log.info({ runId: 'run_1' }, 'run started'));
    expect(line).toMatchObject({ level: 'info', runId: 'run_1', msg: 'run started' });
    expect(line?.['time']).toMatch(/^\d{4}-.*Z$/);
  });

  it('shows the code and stack of an error', () => {
    const [line] = recorded((log) => log.error({ error: Object.assign(new Error('lost'), { code: 'X' }) }));
    expect(line?.['error']).toMatchObject({ message: 'lost', code: 'X' });
  });

  it('keeps secrets out', () => {
    const [line] = recorded((log) => log.info({ token: 'abc', headers: { authorization: 'Bearer abc' } }));
    expect(JSON.stringify(line)).not.toContain('abc');
  });
});
