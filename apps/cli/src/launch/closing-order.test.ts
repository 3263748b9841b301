import { expect, it } from '@jest/globals';
import { createLogger } from '#telemetry';
import { createClosingOrder } from './closing-order.js';

it('closes in the reverse order, once, and goes on when one cannot be closed', async () => {
  const logged: string[] = [];
  const logger = createLogger({ destination: { write: (line: string) => void logged.push(line) } });
  const closing = createClosingOrder(logger);
  const closed: string[] = [];
  closing.add('lock', () => void closed.push('lock'));
  closing.add('database', () => Promise.reject(new Error('stuck')));
  closing.add('api', async () => void closed.push('api'));
  await Promise.all([closing.closeAll(), closing.closeAll()]);
  expect(closed).toEqual(['api', 'lock']);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('could not close database');
});
