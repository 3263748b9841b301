import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../../definition.js';
import { TimeLimit, timeLimitMs } from '../../process/duration.js';
import type { Workspace } from '../../workspace.js';
import type { CheckResult } from '../check/check.js';
import { detectedCommands, givenCommand } from '../check/commands.js';
import { withCopy } from '../check/copy.js';
import { createParseChecker, isParseChecked } from '../check/parse-checks.js';
import { runCheck } from '../check/run-check.js';
import { openRepository, readFiles } from '../repository-files.js';
import { RepoField } from './input.js';

const Input = z.strictObject({
  repo: RepoField,
  command: z
    .string()
    .nullable()
    .default(null)
    .describe('Run by /bin/sh in a copy of the repository; none: cheap checks of syntax that suit it'),
  timeout: TimeLimit.default('60s').describe('Of each command'),
});

export function checkTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'repo.check',
    description:
      'Checks a repository: parses JSON, YAML and JavaScript, and runs a given command, or go vet and Python’s compiler, in a copy that is removed. Never runs its tests by itself.',
    input: Input,
    effect: 'none',
    expectedMs: 5000,
    run: async ({ repo, command, timeout }, context) => {
      const repository = await openRepository(workspace, repo, context.signal);
      const notes = [...repository.notes];
      const parser = createParseChecker();
      for await (const file of readFiles(repository, isParseChecked, (why) => notes.push(why)))
        parser.add(file);
      const parsed = parser.result();
      const result: CheckResult = { checks: parsed.checks, skipped: [], notes: [...notes, ...parsed.notes] };
      const commands =
        command === null || command === '' ? detectedCommands(repository.paths) : [givenCommand(command)];
      if (commands.length === 0) return result;
      return withCopy(repository, async (folder, why) => {
        for (const one of commands) {
          if (folder === undefined) {
            result.skipped.push({ name: one.name, why });
            continue;
          }
          const ended = await runCheck(one, folder, timeLimitMs(timeout), context);
          if ('check' in ended) result.checks.push(ended.check);
          else result.skipped.push(ended.skipped);
        }
        return result;
      });
    },
  });
}
