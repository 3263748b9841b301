#!/usr/bin/env node
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { reportFailure, setUp } from './set-up.mjs';

/** Only these start a Temporal server of their own; everything else talks to the API. */
const embedded = new Set(['up', 'demo']);

const args = process.argv.slice(2);
try {
  const { node, root } = await setUp({ temporal: args.some((arg) => embedded.has(arg)) });
  const preload = join(root, 'ops/set-up/stop-with-parent.mjs');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', preload];
  process.exitCode = await runChild(node, [...flags, join(root, 'dist/apps/cli/src/main.js'), ...args]);
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}
