import { usePeersFolder } from '../peers/peer-packages.js';
import type { Steps } from '../work/step.js';
import type { Column, ColumnMaker, ColumnSetting } from './column.js';

/** Loaded when they are used: an application holds nothing of the others' in memory. */
const makers: Readonly<Record<string, () => Promise<ColumnMaker>>> = {
  temporal: async () => (await import('./temporal.js')).temporalColumn,
  nexus: async () => (await import('./nexus.js')).nexusColumn,
  dbos: async () => (await import('../peers/dbos.js')).dbosColumn,
  langgraph: async () => (await import('../peers/langgraph.js')).langgraphColumn,
  mastra: async () => (await import('../peers/mastra.js')).mastraColumn,
  restate: async () => (await import('../peers/restate.js')).restateColumn,
};

/** The column of that name, `nexus:task` or `dbos`. */
export async function makeColumn(name: string, setting: ColumnSetting, steps: Steps): Promise<Column> {
  const [system = '', variant = 'default'] = name.split(':');
  const make = makers[system];
  if (!make) throw new Error(`there is no column ${name}; there are ${Object.keys(makers).join(', ')}`);
  usePeersFolder(setting.peersFolder);
  return (await make())(setting, steps, variant);
}
