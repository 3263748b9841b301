import { z } from 'zod';

/** Something worth knowing about a repository, with what shows it and what to do about it. */
export const Finding = z.object({
  severity: z.enum(['high', 'medium', 'low', 'good']),
  title: z.string(),
  evidence: z.array(z.string()),
  advice: z.string(),
  files: z.array(z.string()),
});
export type Finding = z.infer<typeof Finding>;

/** A finding and how much it matters, 0 to 100, by which findings are ranked. */
export interface Weighed extends Omit<Finding, 'severity'> {
  readonly weight: number;
}

/** Something that is well, for balance. */
export interface Strength {
  readonly title: string;
  readonly evidence: string;
}

export function severityOf(weight: number): 'high' | 'medium' | 'low' {
  if (weight >= 70) return 'high';
  return weight >= 40 ? 'medium' : 'low';
}

/** The value of the first step that is reached; steps come with the highest bound first. */
export function graded(value: number, steps: readonly (readonly [bound: number, weight: number])[]): number {
  return steps.find(([bound]) => value >= bound)?.[1] ?? 0;
}
