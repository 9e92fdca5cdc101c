import { randomBytes } from 'node:crypto';
import type { Header } from '../../net/http1/header.ts';
import type { RequestBody } from '../../net/send-body.ts';
import type { SourceFile } from './source-file.ts';

/** A form with one file in it (RFC 7578), whose names are written as browsers do (WHATWG HTML, multipart/form-data). */
export interface Form {
  readonly header: Header;
  /** A body for one request. */
  body(beforeLast?: () => Promise<void>): RequestBody;
  /** How many of the bytes that were sent are the file's. */
  ofFile(sent: number): number;
}

export function formWith(
  source: SourceFile,
  {
    field,
    name,
    fields,
  }: { readonly field: string; readonly name: string; readonly fields: Readonly<Record<string, string>> },
): Form {
  const boundary = `----longhaul${randomBytes(18).toString('hex')}`;
  const texts = Object.entries(fields).map(
    ([key, text]) => `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(key)}"\r\n\r\n${text}\r\n`,
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(field)}"; filename="${escaped(name)}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const before = Buffer.from(`${texts.join('')}${head}`, 'utf8');
  const after = Buffer.from(`\r\n--${boundary}--\r\n`, 'utf8');
  return {
    header: ['Content-Type', `multipart/form-data; boundary=${boundary}`],
    body: (beforeLast) => source.body({ before, after, ...(beforeLast ? { beforeLast } : {}) }),
    ofFile: (sent) => Math.min(source.size, Math.max(0, sent - before.length)),
  };
}

/** What would end the name or its line; everything else stands as it is, in UTF-8. Pure. */
function escaped(name: string): string {
  return name
    .toWellFormed()
    .replaceAll('"', '%22')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replaceAll('\0', '%00');
}
