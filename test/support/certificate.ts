import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files, and their text where a server of our own wants it. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certText: string;
  readonly keyText: string;
}

export interface Authority {
  /** Path of the authority's own certificate: what a client has to trust. */
  readonly caFile: string;
  /** `names` as in subjectAltName: `DNS:localhost,IP:127.0.0.1`; `days` below 0: expired. */
  issue(names: string, days?: number): Certificate;
  /** A certificate that its own key has signed. */
  selfSigned(names: string): Certificate;
  remove(): void;
}

/** A certificate authority of our own, by openssl, in a temporary folder. */
export function makeAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-ca-'));
  const file = (name: string): string => join(folder, name);
  let issued = 0;
  openssl([
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '30',
    '-subj',
    '/CN=Longhaul test authority',
  ]);
  return {
    caFile: file('ca.pem'),
    issue(names, days = 30) {
      issued += 1;
      const [key, cert, request, extensions] = ['key', 'pem', 'csr', 'ext'].map((ending) =>
        file(`${issued}.${ending}`),
      ) as [string, string, string, string];
      writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
      openssl(['req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=Longhaul test server']);
      openssl([
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        file('ca.pem'),
        '-CAkey',
        file('ca.key'),
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        extensions,
        '-out',
        cert,
      ]);
      return { cert, key, certText: readFileSync(cert, 'utf8'), keyText: readFileSync(key, 'utf8') };
    },
    selfSigned(names) {
      issued += 1;
      const [key, cert] = [file(`${issued}.key`), file(`${issued}.pem`)];
      const subject = ['-subj', '/CN=Longhaul test server', '-addext', `subjectAltName=${names}`];
      openssl(['req', '-x509', ...newKey, '-keyout', key, '-out', cert, '-days', '30', ...subject]);
      return { cert, key, certText: readFileSync(cert, 'utf8'), keyText: readFileSync(key, 'utf8') };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
