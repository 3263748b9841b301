export function processStart(pid: number): string | undefined;
export function isSameProcess(process: { pid: number; start: string | undefined }): boolean;
