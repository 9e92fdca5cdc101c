import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const step = 30_000;

/**
 * The second factor to log in with at `now` (epoch ms): six digits as they were given, or those that an app would show
 * for a key in base32 (RFC 6238 with SHA-1, 30 s and six digits, as MEGA has it; RFC 4648 section 6). Pure.
 */
export function secondFactor(given: string, now: number): string {
  if (/^\d{6}$/.test(given)) return given;
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / step)));
  const mac = createHmac('sha1', fromBase32(given)).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

/** What is no letter of the alphabet is taken for a space. */
function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text.toUpperCase()) {
    const digit = alphabet.indexOf(letter);
    if (digit < 0) continue;
    value = ((value << 5) | digit) & 0xff_ff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}
