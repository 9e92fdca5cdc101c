/** Names of RFC 9530 and the older ones that people and servers use: what node:crypto calls them, and the digest's bytes. */
export const digestAlgorithms = {
  'sha-256': { hash: 'sha256', bytes: 32 },
  'sha-512': { hash: 'sha512', bytes: 64 },
  'sha-384': { hash: 'sha384', bytes: 48 },
  'sha-224': { hash: 'sha224', bytes: 28 },
  'sha-1': { hash: 'sha1', bytes: 20 },
  md5: { hash: 'md5', bytes: 16 },
} as const;

export type Algorithm = keyof typeof digestAlgorithms;

/** Undefined where the name, in lower case, is none of them. Pure. */
export function digestAlgorithm(name: string): { readonly hash: string; readonly bytes: number } | undefined {
  return Object.hasOwn(digestAlgorithms, name) ? digestAlgorithms[name as Algorithm] : undefined;
}
