const factors: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const decimals = ['TB', 'GB', 'MB', 'kB'] as const;
const binaries = ['TiB', 'GiB', 'MiB', 'KiB'] as const;

/** What `parseSize` reads; for editors and schemas too. */
export const sizeForm = /^\s*(\d+(?:\.\d+)?)\s*((?:[kKmMgGtT][iI]?)?[bB])?\s*$/;

/**
 * A size as a person writes it, as whole bytes: `10MB` (10,000,000), `64KiB` (65,536), `1.5 GB`; a
 * bare number is bytes. Throws a RangeError whose message is one sentence.
 */
export function parseSize(text: string | number): number {
  const [, count, unit = ''] = sizeForm.exec(String(text)) ?? [];
  const factor = factors[unit.toLowerCase()];
  const bytes = Math.round(Number(count) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) throw new RangeError(complaint(text));
  return bytes;
}

/** Shortest exact text that `parseSize` reads back to the same bytes: `10MB`, `64KiB`, `1025B`. */
export function formatSize(bytes: number): string {
  const texts = [...decimals, ...binaries]
    .map((unit) => ({ unit, amount: bytes / (factors[unit.toLowerCase()] ?? 1) }))
    .filter(({ amount }) => amount >= 1 && Math.round(amount * 10) === amount * 10)
    .map(({ unit, amount }) => `${amount}${unit}`)
    .filter((text) => parseSize(text) === bytes);
  return texts.reduce((best, text) => (text.length < best.length ? text : best), `${bytes}B`);
}

function complaint(text: string | number): string {
  return `${JSON.stringify(text)} is not a size; write it like 10MB, 64KiB or 1.5GB, or as a number of bytes.`;
}
