import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Whether a request is signed with this key, worked out anew from what arrived (Signature Version 4 for S3). s3rver does
 * not look at that signature.
 */
export function isSignedWith(request: IncomingMessage, secretKey: string): boolean {
  const { authorization = '' } = request.headers;
  const [, credential = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const [, ...scope] = credential.split('/');
  const [date = '', region = '', service = ''] = scope;
  const names = signed.split(';');
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.includes(name))) return false;
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const digest = String(request.headers['x-amz-content-sha256']);
  const canonical = [
    request.method,
    path.split('/').map(coded).join('/'),
    query.split('&').filter(Boolean).map(pair).sort().join('&'),
    ...names.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    signed,
    digest,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope.join('/'), sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretKey}`,
  );
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

function pair(text: string): string {
  const [name = '', value = ''] = text.replaceAll('+', '%20').split('=');
  return `${coded(name)}=${coded(value)}`;
}

/** Decoded, and encoded as Amazon does. */
function coded(text: string): string {
  return [...Buffer.from(decodeURIComponent(text), 'utf8')]
    .map((byte) => {
      const sign = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
