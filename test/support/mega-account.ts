import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';

/** What the mock has of an account, by the digest that a login brings. */
export interface LoginData {
  readonly k: string;
}

const salt = Buffer.from('0123456789abcdef');

/**
 * The account of the mock is one of MEGA's old ones, with which the library computes for seconds, in the thread that
 * everything waits for. This is the same account in the newer form (PBKDF2).
 */
export class NewerAccount {
  readonly preLogin = { v: 2, s: salt.toString('base64url') };
  readonly #handle: string;
  readonly #data: LoginData;

  constructor(password: string, old: LoginData) {
    const derived = pbkdf2Sync(password, salt, 100_000, 32, 'sha512');
    const master = unlocked(oldKey(password), Buffer.from(old.k, 'base64url'));
    this.#handle = derived.subarray(16).toString('base64url');
    this.#data = { ...old, k: locked(derived.subarray(0, 16), master).toString('base64url') };
  }

  /** MEGA's error number where address and password are not those. */
  logIn(user: unknown, handle: unknown): LoginData | number {
    return user === 'mock@test' && handle === this.#handle ? this.#data : -9;
  }
}

/** How a password became a key in accounts of version 1; for passwords of up to 16 bytes. */
function oldKey(password: string): Buffer {
  const chunk = Buffer.alloc(16);
  chunk.write(password);
  const cipher = createCipheriv('aes-128-ecb', chunk, null).setAutoPadding(false);
  let key: Buffer = Buffer.from('93c467e37db0c7a4d1be3f810152cb56', 'hex');
  for (let round = 0; round < 65_536; round += 1) key = cipher.update(key);
  return key;
}

function locked(key: Uint8Array, plain: Uint8Array): Buffer {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(plain);
}

function unlocked(key: Uint8Array, secret: Uint8Array): Buffer {
  return createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(secret);
}
