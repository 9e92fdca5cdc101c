const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The normal form of a magnet link: its info hash, in lower-case hex, of BEP 9 (`urn:btih:`, also in base 32)
 * or BEP 52 (`urn:btmh:`); the first where both are told. Undefined for anything else. Pure.
 */
export function magnetKey(link: string): string | undefined {
  const query = /^\s*magnet:\?(.*?)\s*$/is.exec(link)?.[1];
  if (query === undefined) return undefined;
  const topics = [...new URLSearchParams(query)].flatMap(([name, value]) =>
    /^xt(\.\d+)?$/i.test(name) ? [value] : [],
  );
  const first = topics.map(v1Hash).find((hash) => hash !== undefined);
  if (first !== undefined) return `magnet:btih:${first}`;
  const second = topics.map((topic) => /^urn:btmh:(1220[0-9a-f]{64})$/i.exec(topic)?.[1]).find((hash) => hash);
  return second === undefined ? undefined : `magnet:btmh:${second.toLowerCase()}`;
}

function v1Hash(topic: string): string | undefined {
  const hash = /^urn:btih:([0-9a-f]{40}|[a-z2-7]{32})$/i.exec(topic)?.[1]?.toLowerCase();
  return hash?.length === 32 ? hexOf(hash) : hash;
}

/** RFC 4648 section 6: each character is five bits. */
function hexOf(text: string): string {
  const bits = [...text].reduce((sum, letter) => (sum << 5n) | BigInt(base32.indexOf(letter)), 0n);
  return bits.toString(16).padStart(40, '0');
}
