/** How often a property is tried: so often in the suite, TEST_RUNS times as often in `test/long/properties.test.ts`. */
export function runs(inSuite: number): number {
  return Math.ceil(inSuite * Number(process.env.TEST_RUNS ?? 1));
}

/** The first of these in the suite, all of them in `test/long/properties.test.ts`. */
export function sampled<T>(all: readonly T[], inSuite: number): readonly T[] {
  return runs(1) > 1 ? all : all.slice(0, inSuite);
}
