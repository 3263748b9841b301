/**
 * Calm progress on stderr: one line when a step begins, one when it ends, and a sign of life in between
 * for steps that take long. Steps that have nothing to do are never announced.
 */
export function createProgress({ stream = process.stderr, everyMs = 15_000 } = {}) {
  const write = (line) => stream.write(`nexus: ${line}\n`);
  return {
    note: write,
    async step(what, work) {
      const startedAt = Date.now();
      write(`${what} …`);
      const ticker = setInterval(() => write(`${what} … ${elapsed(startedAt)}`), everyMs);
      try {
        const result = await work();
        write(`${what}: done in ${elapsed(startedAt)}`);
        return result;
      } catch (error) {
        write(`${what}: failed after ${elapsed(startedAt)}`);
        throw error;
      } finally {
        clearInterval(ticker);
      }
    },
  };
}

function elapsed(startedAt) {
  const seconds = (Date.now() - startedAt) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
