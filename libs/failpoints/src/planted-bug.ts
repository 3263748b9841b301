import type { PlantedBugName } from './failpoint-names.js';

let planted: PlantedBugName | null = null;

/** Plants one bug in this process; without an argument there is none. */
export function plantBug(name?: PlantedBugName): void {
  planted = name ?? null;
}

/** Whether this bug is planted. */
export function plantedBug(name: PlantedBugName): boolean {
  return planted === name;
}
