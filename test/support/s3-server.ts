import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSignedWith } from './aws-signature.ts';

const require = createRequire(import.meta.url);
type S3rver = new (options: object) => { callback(): RequestListener; configureBuckets(): Promise<unknown> };

/** s3rver, with what it lacks (signatures of version 4, ListParts, ListMultipartUploads) and what it shall do wrong. */
export interface S3Server {
  readonly endpoint: string;
  /** Requests as `METHOD KEY?QUERY`, in order. */
  readonly asked: string[];
  /** The digests that parts were announced with, by number. */
  readonly digests: Map<number, string>;
  readonly faults: S3Faults;
  heal(): void;
  /** The bytes of an object; undefined: there is none. */
  object(key: string): Promise<Buffer | undefined>;
  /** Uploads in parts that were begun and neither completed nor aborted. */
  unfinished(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface S3Faults {
  /** The connection of this part breaks in its middle, so many times. */
  breaksPart: number;
  breaks: number;
  /** Completing answers 200 with an error as its body, so many times. */
  completesWithError: number;
  /** Completing is done, but its answer is lost, so many times. */
  losesCompletion: number;
}

/** It belongs to the packages of `checks/`. */
const program: string = 's3rver';

export const s3Bucket = 'films';
/** User and secret. */
export const s3Secret = 'S3RVER';

export async function startS3(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'longhaul-s3-'));
  const S3 = require(program) as S3rver;
  const s3 = new S3({ directory, silent: true, configureBuckets: [{ name: s3Bucket }] });
  await s3.configureBuckets();
  const listener = s3.callback();
  const healthy: S3Faults = { breaksPart: 0, breaks: 0, completesWithError: 0, losesCompletion: 0 };
  const faults = { ...healthy };
  const asked: string[] = [];
  const digests = new Map<number, string>();
  const uploads = join(directory, s3Bucket, '._S3rver_uploads');

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x');
    const part = Number(url.searchParams.get('partNumber') ?? 0);
    const uploadId = url.searchParams.get('uploadId');
    asked.push(
      `${request.method} ${decodeURIComponent(url.pathname.slice(s3Bucket.length + 2))}${part > 0 ? `?${part}` : ''}`,
    );
    if (!isSignedWith(request, s3Secret)) {
      request.resume();
      response.writeHead(403).end('<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>');
      return;
    }
    if (part > 0) digests.set(part, String(request.headers['x-amz-content-sha256']));
    if (request.method === 'GET' && uploadId !== null) return void listParts(join(uploads, uploadId), response);
    if (request.method === 'GET' && url.searchParams.has('uploads')) return void listUploads(uploads, response);
    if (request.method === 'DELETE' && uploadId !== null) {
      return void rm(join(uploads, uploadId), { recursive: true, force: true }).then(() =>
        response.writeHead(204).end(),
      );
    }
    if (part > 0 && part === faults.breaksPart && faults.breaks > 0) {
      faults.breaks -= 1;
      return void request.once('data', () => request.socket.destroy());
    }
    if (request.method === 'POST' && uploadId !== null) {
      if (faults.completesWithError > 0) {
        faults.completesWithError -= 1;
        request.resume();
        return void response.end(
          '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>again</Message></Error>',
        );
      }
      if (faults.losesCompletion > 0) {
        faults.losesCompletion -= 1;
        response.end = () => {
          request.socket.destroy();
          return response;
        };
      }
    }
    listener(request, response);
  }

  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    digests,
    faults,
    heal() {
      Object.assign(faults, healthy);
      asked.length = 0;
    },
    object: (key) => readFile(join(directory, s3Bucket, `${key}._S3rver_object`)).catch(() => undefined),
    unfinished: () => readdir(uploads).catch(() => []),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function listUploads(folder: string, response: ServerResponse): Promise<void> {
  const prefix = new URL(response.req.url ?? '', 'http://x').searchParams.get('prefix') ?? '';
  const begun = await Promise.all(
    (await readdir(folder).catch(() => [])).map(async (id) => {
      const key = await readFile(join(folder, id, 'key'), 'utf8');
      return { id, key, at: (await stat(join(folder, id, 'key'))).mtime.toISOString() };
    }),
  );
  const entries = begun
    .filter(({ key }) => key.startsWith(prefix))
    .map(
      ({ id, key, at }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at}</Initiated></Upload>`,
    );
  response.end(`<?xml version="1.0"?><ListMultipartUploadsResult>${entries.join('')}</ListMultipartUploadsResult>`);
}

/** As Amazon does it, two parts a page. */
async function listParts(folder: string, response: ServerResponse): Promise<void> {
  const after = Number(new URL(response.req.url ?? '', 'http://x').searchParams.get('part-number-marker') ?? 0);
  const names = await readdir(folder).catch(() => undefined);
  if (!names) {
    response.writeHead(404).end('<?xml version="1.0"?><Error><Code>NoSuchUpload</Code></Error>');
    return;
  }
  const numbers = names.filter((name) => /^\d+$/.test(name) && names.includes(`${name}.md5`)).map(Number);
  const rest = numbers.sort((a, b) => a - b).filter((number) => number > after);
  const page = rest.slice(0, 2);
  const parts = await Promise.all(
    page.map(async (number) => {
      const { size } = await stat(join(folder, String(number)));
      const etag = await readFile(join(folder, `${number}.md5`), 'utf8');
      return `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size></Part>`;
    }),
  );
  const more = rest.length > page.length;
  response.end(
    `<?xml version="1.0"?><ListPartsResult><IsTruncated>${more}</IsTruncated><NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker>${parts.join('')}</ListPartsResult>`,
  );
}
