import { createCipheriv, randomBytes } from 'node:crypto';

/** A folder as MEGA lists it, with more files than anybody would upload for a test; all have the same bytes. */
export interface ManyFiles {
  /** What stands behind `/folder/` in its link. */
  readonly id: string;
  /** Secret, as in its link. */
  readonly key: string;
  readonly nodes: readonly object[];
  /** The bytes of each, as MEGA keeps them. */
  readonly encrypted: Uint8Array;
  readonly plain: Uint8Array;
}

const block = 16;
const handleLength = 8;

/** `name/00/file 000042`, a hundred in each folder; `plain` is one chunk at most. */
export function manyFiles(name: string, count: number, plain: Uint8Array): ManyFiles {
  const folderKey = randomBytes(block);
  const fileKey = keyOf(plain);
  const aes = Buffer.from(fileKey.subarray(0, block).map((byte, at) => byte ^ (fileKey[block + at] ?? 0)));
  const root = handle('R', 0);
  const entry = (h: string, p: string, key: Buffer, attributes: Buffer, more: object) => ({
    h,
    p,
    k: `${root}:${ecb(folderKey, key).toString('base64url')}`,
    a: attributes.toString('base64url'),
    ...more,
  });
  const folder = (h: string, p: string, called: string) => {
    const key = randomBytes(block);
    return entry(h, p, key, named(key, called), { t: 1 });
  };
  const nodes: object[] = [folder(root, 'elsewhr1', name)];
  for (let at = 0; at < count; at += 1) {
    const parent = handle('D', Math.floor(at / 100));
    if (at % 100 === 0) nodes.push(folder(parent, root, String(at / 100).padStart(2, '0')));
    const called = `file ${String(at).padStart(6, '0')}`;
    nodes.push(entry(handle('F', at), parent, fileKey, named(aes, called), { t: 0, s: plain.length }));
  }
  const counter = Buffer.alloc(block);
  fileKey.copy(counter, 0, block, block + 8);
  const encrypted = createCipheriv('aes-128-ctr', aes, counter).update(plain);
  return { id: 'ManyMany', key: folderKey.toString('base64url'), nodes, encrypted, plain };
}

/** The key of a file holds its AES key, its nonce and the MAC of its bytes. */
function keyOf(plain: Uint8Array): Buffer {
  const aes = randomBytes(block);
  const nonce = randomBytes(8);
  const padded = Buffer.concat([plain, Buffer.alloc((block - (plain.length % block)) % block)]);
  const chunk = cbc(aes, Buffer.concat([nonce, nonce]), padded).subarray(-block);
  const all = cbc(aes, Buffer.alloc(block), chunk);
  const mac = Buffer.alloc(8);
  for (let at = 0; at < 4; at += 1) {
    mac[at] = (all[at] ?? 0) ^ (all[at + 4] ?? 0);
    mac[at + 4] = (all[at + 8] ?? 0) ^ (all[at + 12] ?? 0);
  }
  const rest = Buffer.concat([nonce, mac]);
  return Buffer.concat([aes.map((byte, at) => byte ^ (rest[at] ?? 0)), rest]);
}

function named(key: Buffer, name: string): Buffer {
  const text = Buffer.from(`MEGA${JSON.stringify({ n: name })}`);
  const padded = Buffer.concat([text, Buffer.alloc((block - (text.length % block)) % block)]);
  return cbc(key, Buffer.alloc(block), padded);
}

function cbc(key: Uint8Array, start: Uint8Array, plain: Uint8Array): Buffer {
  return createCipheriv('aes-128-cbc', key, start).setAutoPadding(false).update(plain);
}

function ecb(key: Uint8Array, plain: Uint8Array): Buffer {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(plain);
}

function handle(kind: string, number: number): string {
  return `${kind}${String(number).padStart(handleLength - 1, '0')}`;
}
