/** How often a property is tried: so often in the suite, TEST_RUNS times as often in `test/long/properties.test.ts`. */
export function runs(inSuite: number): number {
  return Math.ceil(inSuite * Number(process.env.TEST_RUNS ?? 1));
}
