/**
 * Bencoding (BEP 3): integers, byte strings, lists, dictionaries. Ours, because what arrives is hostile and must be
 * read within limits, and because the info hash is of the very bytes that came.
 */
export type Bencoded = number | Uint8Array | readonly Bencoded[] | BencodedMap;
/** Keys as Latin-1, so that each byte is a character. */
export type BencodedMap = ReadonlyMap<string, Bencoded>;

/** What is not bencoded, or goes beyond what is read. The message is the end of a sentence. */
export class NotBencoded extends Error {
  override readonly name = 'NotBencoded';
}

export interface Document {
  readonly root: BencodedMap;
  /** From where to where the value of each key of the root stands. */
  readonly spans: ReadonlyMap<string, readonly [from: number, to: number]>;
}

const deepest = 64;
const mostItems = 2_000_000;
const [letterD, letterE, letterI, letterL, colon, minus, zero] = [...'deil:-0'].map((letter) => letter.charCodeAt(0));

/** Reads a whole dictionary; line breaks may follow it, nothing else. Throws `NotBencoded`. Pure. */
export function readBencoded(bytes: Uint8Array): Document {
  const spans = new Map<string, readonly [number, number]>();
  let at = 0;
  let items = 0;

  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const root = value(0, spans);
  if (!(root instanceof Map)) throw new NotBencoded('is no dictionary');
  for (; at < bytes.length; at += 1) {
    if (bytes[at] !== 10 && bytes[at] !== 13) throw new NotBencoded('goes on behind its end');
  }
  return { root, spans };

  function value(depth: number, told?: Map<string, readonly [number, number]>): Bencoded {
    items += 1;
    if (depth > deepest) throw new NotBencoded(`is nested deeper than ${deepest}`);
    if (items > mostItems) throw new NotBencoded(`holds more than ${mostItems} values`);
    switch (bytes[at]) {
      case letterI:
        at += 1;
        return number(letterE, true);
      case letterL:
        return list(depth);
      case letterD:
        return dictionary(depth, told);
      default:
        return text();
    }
  }

  function list(depth: number): Bencoded[] {
    const values: Bencoded[] = [];
    for (at += 1; bytes[at] !== letterE; ) values.push(value(depth + 1));
    at += 1;
    return values;
  }

  function dictionary(depth: number, told?: Map<string, readonly [number, number]>): BencodedMap {
    const entries = new Map<string, Bencoded>();
    for (at += 1; bytes[at] !== letterE; ) {
      const length = text().length;
      const key = view.toString('latin1', at - length, at);
      if (entries.has(key)) throw new NotBencoded('has a key twice');
      const from = at;
      entries.set(key, value(depth + 1));
      told?.set(key, [from, at]);
    }
    at += 1;
    return entries;
  }

  function text(): Uint8Array {
    const length = number(colon, false);
    if (length > bytes.length - at) throw new NotBencoded('is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  }

  /** Digits up to `end`, without leading zeros. */
  function number(end: number | undefined, mayBeNegative: boolean): number {
    const negative = mayBeNegative && bytes[at] === minus;
    if (negative) at += 1;
    const from = at;
    let amount = 0;
    for (; bytes[at] !== end; at += 1) {
      const digit = (bytes[at] ?? Number.NaN) - (zero ?? 0);
      if (!(digit >= 0 && digit <= 9)) throw new NotBencoded(at < bytes.length ? 'has no number' : 'is cut off');
      amount = amount * 10 + digit;
      if (amount > Number.MAX_SAFE_INTEGER) throw new NotBencoded('has too large a number');
    }
    const digits = at - from;
    if (digits === 0 || (digits > 1 && bytes[from] === zero) || (negative && amount === 0)) {
      throw new NotBencoded('has no number');
    }
    at += 1;
    return negative ? -amount : amount;
  }
}
