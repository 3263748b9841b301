/** Seeded random numbers (PCG-XSH-RR 64/32, O'Neill 2014): the same seed gives the same run, on every machine. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  normal(): number;
}

const multiplierHigh = 0x5851f42d;
const multiplierLow = 0x4c957f2d;
const stepHigh = 0x14057b7e;
const stepLow = 0xf767814f;

export function createPcg(seed: number): Random {
  let high = 0;
  let low = 0;
  const step = (): void => {
    const [productHigh, productLow] = multiply(high, low);
    low = (productLow + stepLow) >>> 0;
    high = (productHigh + stepHigh + (low < productLow ? 1 : 0)) >>> 0;
  };
  const word = (): number => {
    const [oldHigh, oldLow] = [high, low];
    step();
    // ((state >> 18) ^ state) >> 27, rotated by state >> 59.
    const mixedHigh = ((oldHigh >>> 18) ^ oldHigh) >>> 0;
    const mixedLow = (((oldHigh << 14) | (oldLow >>> 18)) ^ oldLow) >>> 0;
    const value = ((mixedHigh << 5) | (mixedLow >>> 27)) >>> 0;
    const turn = oldHigh >>> 27;
    return ((value >>> turn) | (value << (-turn & 31))) >>> 0;
  };
  step();
  low = (low + (seed >>> 0)) >>> 0;
  high = (high + Math.floor(seed / 2 ** 32)) >>> 0;
  step();
  const next = (): number => word() / 2 ** 32;
  return { next, normal: () => toNormal(next(), next()) };
}

function multiply(high: number, low: number): readonly [number, number] {
  const [lowTop, lowEnd] = [low >>> 16, low & 0xffff];
  const [otherTop, otherEnd] = [multiplierLow >>> 16, multiplierLow & 0xffff];
  const end = lowEnd * otherEnd;
  const middle = lowTop * otherEnd + (end >>> 16);
  const cross = lowEnd * otherTop + (middle & 0xffff);
  const carry = lowTop * otherTop + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
  const productLow = (((cross & 0xffff) << 16) | (end & 0xffff)) >>> 0;
  const productHigh = (carry + Math.imul(high, multiplierLow) + Math.imul(low, multiplierHigh)) >>> 0;
  return [productHigh, productLow];
}

/**
 * One number for a place and not for a moment: what happens to call N at deployment D is the same whoever asks and in
 * whatever order, so that strategies are compared under the same luck.
 */
export function drawAt(
  seed: number,
  request: number,
  deployment: number,
  attempt: number,
  which: number,
): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (const part of [request, deployment, attempt, which]) {
    hash = Math.imul(hash ^ (hash >>> 15) ^ Math.imul(part + 1, 0xc2b2ae35), 0x27d4eb2f);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

export function toNormal(one: number, other: number): number {
  return Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other);
}
