export const repositoryRoot: string;
export function cacheFolder(env?: Record<string, string | undefined>): string;
