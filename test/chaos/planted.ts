import type { PlantedBugName } from '#failpoints';

export async function findPlanted(name: PlantedBugName): Promise<{ found: boolean; detail: string }> {
  return { found: false, detail: name };
}
