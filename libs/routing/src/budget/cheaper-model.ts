/** The logical model that costs least. */
const cheapest = 'nexus:fast';

/** What to ask where a person wants cheaper models from now on. A model that a task names stays the one it named. */
export function cheaperModel(modelId: string): string {
  return modelId.startsWith('nexus:') ? cheapest : modelId;
}
