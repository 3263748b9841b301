import { describe, expect, it } from '@jest/globals';
import { createLocalFeed } from './changes.js';

const change = { tenant: 't', runId: 'r' };

describe('the local feed', () => {
  it('tells each who listens, until they stop, though one of them fails', () => {
    const logged: string[] = [];
    const feed = createLocalFeed((line) => logged.push(line));
    const heard: string[] = [];
    feed.subscribe(() => {
      throw new Error('broken');
    });
    const listener = (): void => void heard.push('x');
    const stop = feed.subscribe(listener);
    feed.subscribe(listener);
    feed.publish([change]);
    stop();
    feed.publish([change]);
    expect(heard).toHaveLength(3);
    expect(logged).toEqual(Array(2).fill(expect.stringContaining('broken')));
  });
});
