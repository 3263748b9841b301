import { failpointNames, plantedBugNames } from '#failpoints';
import type { Failpoint, PlantedBugName } from '#failpoints';
import { z } from 'zod';
import type { Environment, VariableReader } from './environment.js';

/** Faults that a test asks this process to have. */
export interface ChaosSettings {
  readonly failpoint: Failpoint | undefined;
  readonly plantedBug: PlantedBugName | undefined;
}

const FailpointText = z.string().transform((text, context): Failpoint => {
  const onSignal = text.endsWith('@signal');
  const [given = '', hits = '1'] = text.replace(/@signal$/, '').split(':', 2);
  const name = failpointNames.find((known) => known === given);
  const hit = /^[1-9]\d{0,5}$/.test(hits) ? Number(hits) : undefined;
  if (name === undefined) context.addIssue(`"${given}" is no place at which a process can be told to die`);
  if (hit === undefined) context.addIssue(`"${hits}" is not the number of a hit`);
  return name === undefined || hit === undefined ? z.NEVER : { name, hit, ...(onSignal ? { onSignal } : {}) };
});

const PlantedBug = z.enum(plantedBugNames, { error: 'is no bug that can be planted' });

/** Reads what only tests set. A planted bug in earnest would be a disaster: it takes two variables. */
export function readChaos(reader: VariableReader, env: Environment): ChaosSettings {
  const places = `Give name:hit, or name:hit@signal to count from SIGUSR2 on; the name one of ${failpointNames.join(', ')}.`;
  const failpoint = reader.read('NEXUS_FAILPOINT', FailpointText, places);
  const bugs = `One of ${plantedBugNames.join(', ')}.`;
  const plantedBug = reader.read('NEXUS_PLANTED_BUG', PlantedBug, bugs);
  if (plantedBug !== undefined && env['NEXUS_CHAOS']?.trim() !== '1') {
    reader.faults.push({
      variable: 'NEXUS_PLANTED_BUG',
      problem: 'makes Nexus do wrong on purpose, and is refused',
      hint: 'Unset it. A test of the chaos suite sets NEXUS_CHAOS=1 as well.',
    });
  }
  return { failpoint, plantedBug };
}
