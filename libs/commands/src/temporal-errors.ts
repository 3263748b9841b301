import { WorkflowNotFoundError } from '@temporalio/client';

/** Status codes of gRPC. */
export const grpc = { invalidArgument: 3, notFound: 5, failedPrecondition: 9, unimplemented: 12 } as const;

/** No execution of that ID is open. */
export function isGone(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || causeOf(error).code === grpc.notFound;
}

/** The SDK wraps what gRPC said. */
export function causeOf(error: unknown): { readonly message: string; readonly code?: unknown } {
  const { cause } = error as { cause?: unknown };
  return (cause instanceof Error ? cause : error) as Error & { code?: unknown };
}

/** Text of at most so many bytes, never half a character. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
