import { after } from 'node:test';
import { sourceContract } from '../../../test/contract/source.ts';
import { makeAuthority } from '../../../test/support/certificate.ts';
import { startFaultServer } from '../../../test/support/fault-server.ts';
import { httpSource, patterned, threadedSource } from '../../../test/support/http-bench.ts';

const bytes = patterned(3 << 20);

async function fixture(
  create: typeof httpSource,
  certificate?: ReturnType<ReturnType<typeof makeAuthority>['issue']>,
  caFile?: string,
) {
  const server = await startFaultServer({ body: bytes, ...(certificate ? { certificate } : {}) });
  return {
    create: () => create(caFile === undefined ? {} : { ca_file: caFile }),
    link: `${server.url}/file.bin`,
    bytes,
    malformed: 'http://',
    foreign: 'ftp://example.com/file',
    stallAfter: (after: number) => server.script(() => (after > 0 ? { do: 'silence', after } : { do: 'serve' })),
    dispose: () => server.close(),
  };
}

sourceContract('http', () => fixture(httpSource));
sourceContract('http in threads', () => fixture(threadedSource));

const authority = makeAuthority();
const certificate = authority.issue('IP:127.0.0.1');
after(() => authority.remove());
sourceContract('https', () => fixture(httpSource, certificate, authority.caFile));
