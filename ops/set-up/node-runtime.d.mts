export function fits(version: string): boolean;
