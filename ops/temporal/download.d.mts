export function downloadCli(target: string, service?: string): Promise<void>;
