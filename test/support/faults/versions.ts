import type { Claims } from '../fault-replies.ts';
import { patterned } from '../http-bench.ts';

/** `A` is the file; `B` another one of the same length, `longer` and `shorter` of other lengths. */
export type VersionName = 'A' | 'B' | 'longer' | 'shorter';

const size = 8_650_753;
/** A few MiB, so that eight connections find a piece each; no round number. */
export const fileSize: number = size;

export const bodies: Readonly<Record<VersionName, Buffer>> = {
  A: patterned(size, 1),
  B: patterned(size, 99),
  longer: patterned(size + 123_457, 7),
  shorter: patterned(size - 1_234_567, 5),
};

/** What a server says of its versions. */
export type Validators =
  /** A strong ETag and an old date, both of the version. */
  | 'etag'
  /** An old date of the version, nothing else. */
  | 'date'
  /** A date that is as young as the answer, and the same for all versions. */
  | 'young date'
  /** A weak ETag of the version. */
  | 'weak'
  /** A weak ETag that all versions share. */
  | 'same weak'
  /** One strong ETag for all versions: wrong, but seen. */
  | 'same etag'
  | 'none';

const hour = 3_600_000;
const hoursOld: Readonly<Record<VersionName, number>> = { A: 9, B: 7, longer: 5, shorter: 3 };

/** What a server claims that has this version. */
export function versionOf(name: VersionName, validators: Validators): Partial<Claims> {
  const now = Date.now();
  const date = new Date(now).toUTCString();
  const old = new Date(now - hoursOld[name] * hour).toUTCString();
  const body = bodies[name];
  const none = { body, date, etag: null, lastModified: null };
  switch (validators) {
    case 'etag':
      return { ...none, etag: `"${name}-1"`, lastModified: old };
    case 'date':
      return { ...none, lastModified: old };
    case 'young date':
      return { ...none, lastModified: date };
    case 'weak':
      return { ...none, etag: `W/"${name}-1"` };
    case 'same weak':
      return { ...none, etag: 'W/"1"' };
    case 'same etag':
      return { ...none, etag: '"1"' };
    case 'none':
      return none;
  }
}

/** The version that these bytes are, all of them; otherwise a sentence that says what they are made of. */
export function versionIn(bytes: Buffer): VersionName | { readonly mixed: string } {
  for (const [name, body] of Object.entries(bodies) as [VersionName, Buffer][]) {
    if (bytes.equals(body)) return name;
  }
  return { mixed: `${bytes.length} bytes: ${stretches(bytes)}` };
}

const piece = 4096;
const mostStretches = 12;

/** Which version stands where, piece by piece. */
function stretches(bytes: Buffer): string {
  const found: { readonly what: string; from: number; to: number }[] = [];
  for (let from = 0; from < bytes.length; from += piece) {
    const part = bytes.subarray(from, from + piece);
    const whose = Object.entries(bodies).find(([, body]) => part.equals(body.subarray(from, from + part.length)));
    const what = whose?.[0] ?? (part.every((byte) => byte === 0) ? 'zeroes' : 'something else');
    const last = found.at(-1);
    if (last?.what === what) last.to = from + part.length;
    else found.push({ what, from, to: from + part.length });
  }
  const text = found.slice(0, mostStretches).map(({ what, from, to }) => `${what} in ${from}-${to}`);
  return [...text, ...(found.length > mostStretches ? ['…'] : [])].join(', ');
}
