import { createHash, type Hash } from 'node:crypto';
import { digestAlgorithm } from '../../downloads/digest-algorithms.ts';
import type { HeaderFields } from '../../net/http1/header.ts';

/**
 * Digests of the whole file that an answer tells, as `sha-256=HEX`: `Repr-Digest` (RFC 9530), `Digest`
 * (RFC 3230), `Content-MD5` (only of a whole body), `x-goog-hash`. `partial`: the body is a range. Pure.
 */
export function digestsOf(headers: HeaderFields, partial: boolean): string[] {
  const found = new Map<string, string>();
  const note = (name: string | undefined, base64: string | undefined): void => {
    const key = name?.toLowerCase() === 'sha' ? 'sha-1' : (name?.toLowerCase() ?? '');
    const known = digestAlgorithm(key);
    if (!known || base64 === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return;
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length === known.bytes && !found.has(key)) found.set(key, bytes.toString('hex'));
  };
  for (const member of headers.members('repr-digest')) {
    const match = /^([a-z0-9-]+)=:([^:]*):/i.exec(member);
    note(match?.[1], match?.[2]);
  }
  // Google tells the digest of what it stores, which it may have unpacked on the way.
  const stored = headers.get('x-goog-stored-content-encoding') ?? 'identity';
  for (const field of stored === 'identity' ? ['digest', 'x-goog-hash'] : ['digest']) {
    for (const member of headers.members(field)) {
      const match = /^([a-z0-9-]+)=(.+)$/i.exec(member);
      note(match?.[1], match?.[2]);
    }
  }
  if (!partial) note('md5', headers.get('content-md5'));
  return [...found].map(([name, hex]) => `${name}=${hex}`);
}

/** Of digests written `sha-256=HEX` the one that proves most; undefined where there is none. Pure. */
export function strongestOf(digests: readonly string[]): string | undefined {
  const names = ['sha-512', 'sha-384', 'sha-256', 'sha-224', 'sha-1', 'md5'];
  return names.map((name) => digests.find((digest) => digest.startsWith(`${name}=`))).find((digest) => digest);
}

/** Computes the digest a person asked for while the bytes pass in order. */
export interface RunningDigest {
  update(buffer: Uint8Array, offset: number, length: number): void;
  /** `sha-256=HEX`. Once. */
  result(): string;
}

/** Undefined when no checksum (`sha-256=HEX`) is asked for, or one of a kind unknown here. */
export function runningDigest(checksum: string | undefined): RunningDigest | undefined {
  const name = /^([a-z0-9-]+)=/i.exec(checksum ?? '')?.[1]?.toLowerCase() ?? '';
  const known = digestAlgorithm(name);
  if (!known) return undefined;
  const hash: Hash = createHash(known.hash);
  return {
    update: (buffer, offset, length) => hash.update(buffer.subarray(offset, offset + length)),
    result: () => `${name}=${hash.digest('hex')}`,
  };
}
