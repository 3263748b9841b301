/** Where the bundle of all workflows is written, relative to the checkout. */
export const workflowBundleFile: string;
export function workflowBundleIsCurrent(root: string): boolean;
export function writeWorkflowBundle(root: string): Promise<number | undefined>;
