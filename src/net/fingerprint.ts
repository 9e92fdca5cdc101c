import { createHash, X509Certificate } from 'node:crypto';
import { Failure } from '../downloads/failure.ts';

const digestBytes = 32;

/**
 * Reads a pinned fingerprint: `sha256/BASE64`; also curl's `sha256//BASE64` and OpenSSH's
 * `SHA256:BASE64`. It is the SHA-256 of the public key (RFC 7469's pin for TLS, the key blob for SSH), so
 * that a renewed certificate of the same key still holds. Returns it as `sha256/BASE64`. Throws
 * `Failure('link')` with what is allowed. Pure.
 */
export function parseFingerprint(text: string): string {
  const base64 = /^\s*sha256(?:\/\/?|:)([A-Za-z0-9+/]{43})=?\s*$/i.exec(text)?.[1];
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  if (bytes?.length !== digestBytes) {
    throw new Failure(
      'link',
      'a fingerprint is written as sha256/ and 43 characters of base64, such as sha256/7HIp…o1Y=',
    );
  }
  return written(bytes);
}

/** Of a certificate in DER form: its public key's fingerprint as `sha256/BASE64`. */
export function certificateFingerprint(certificate: Uint8Array): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return written(createHash('sha256').update(key).digest());
}

/** Of an SSH host key in its wire form (RFC 4253 section 6.6). */
export function hostKeyFingerprint(key: Uint8Array): string {
  return written(createHash('sha256').update(key).digest());
}

function written(digest: Uint8Array): string {
  return `sha256/${Buffer.from(digest).toString('base64')}`;
}
