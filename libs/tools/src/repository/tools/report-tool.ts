import { nexusError } from '#contracts';
import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../../definition.js';
import { isUnread, PartsInput, readParts } from '../report/parts.js';
import { reportOf } from '../report/report.js';
import { RepoField } from './input.js';

const Input = z.strictObject({
  repo: RepoField,
  parts: PartsInput.describe(
    'By name (inventory, history, hotspots, …): { status, output, error } of the task',
  ),
});

export const reportTool: Tool = defineTool({
  name: 'repo.report',
  description:
    'Writes the report on a repository from what the other analyses found, as report.md and report.json: { markdown, summary, verdict, findings }. Parts may be missing.',
  input: Input,
  effect: 'none',
  expectedMs: 100,
  run: async ({ repo, parts }, context) => {
    const read = readParts(parts);
    if (isUnread(read)) {
      throw nexusError('TOOL_FAILED', `Nothing of ${repo} could be read. ${read.missing[0] ?? ''}`, {
        hint: 'Give a folder that exists within the workspaces: nexus config explain shows NEXUS_WORKSPACES.',
      });
    }
    const { markdown, ...report } = reportOf(repo, read, new Date());
    const json = `${JSON.stringify({ ...report, parts: read.parts }, null, 2)}\n`;
    const artefacts = [
      await context.artefact({ name: 'report.md', mediaType: 'text/markdown', content: markdown }),
      await context.artefact({ name: 'report.json', mediaType: 'application/json', content: json }),
    ];
    const { verdict, summary, findings, limits } = report;
    return { verdict, summary, findings, limits, markdown, artefacts };
  },
});
