import { tmpdir } from 'node:os';
import type { ApiClient } from '../api-client.js';
import { runCli } from '../program.js';
import { outputTo } from '../terminal.js';

interface Asked {
  readonly name: string;
  readonly variables: unknown;
}

/** The command's answer, and what it asked the API for. */
export async function nexus(
  args: readonly string[],
  answer: object = {},
  workingDirectory = tmpdir(),
  confirm?: (question: string) => Promise<boolean>,
) {
  const written = { data: '', talk: '' };
  const asked: Asked[] = [];
  const into = (name: 'data' | 'talk') => outputTo({ write: (text: string) => (written[name] += text) }, {});
  const api: ApiClient = {
    url: 'http://nexus.test',
    request: async ({ text }, variables) => {
      asked.push({ name: /(?:query|mutation) (\w+)/.exec(text)?.[1] ?? '', variables });
      return answer as never;
    },
    subscribe: () => {
      throw new Error('nothing is followed here');
    },
  };
  const code = await runCli(args, {
    terminal: { data: into('data'), talk: into('talk') },
    env: {},
    workingDirectory,
    api: () => api,
    interruptible: (work) => work(new AbortController().signal),
    confirm,
  });
  return { code, asked, ...written };
}
