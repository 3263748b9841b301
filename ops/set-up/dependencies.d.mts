export function dependenciesInStep(root: string): boolean;
