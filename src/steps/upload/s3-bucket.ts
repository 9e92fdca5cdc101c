import { createHash } from 'node:crypto';
import { Failure } from '../../downloads/failure.ts';
import type { Header } from '../../net/http1/header.ts';
import type { RequestBody } from '../../net/send-body.ts';
import type { Clock } from '../../time/clock.ts';
import type { HostAnswer, UploadClient } from './client.ts';
import { mustBeAsSent, mustBeDeleted } from './deleting.ts';
import type { HostRun, OutgoingFile, TakenFile } from './host.ts';
import { sizeIn } from './http.ts';
import { encodedPath } from './link.ts';
import { refusal } from './refusal.ts';
import { inside, readXml, textIn } from './xml.ts';

export interface S3Settings {
  readonly name: string;
  readonly mostBytes: number;
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly addressing: 'path' | 'host';
  /** What keys begin with, without the last slash; may be empty. */
  readonly folder: string;
  /** Bytes. */
  readonly partSize: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly link: string | undefined;
  readonly replace: boolean;
}

interface Asked {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: readonly Header[];
  readonly body?: (() => RequestBody) | string;
  /** SHA-256 of the body, hex. */
  readonly digest?: string;
  readonly onSent?: (bytes: number) => void;
}

const nothing = sha256('');
const idHeader = 'x-amz-meta-longhaul';

/**
 * The requests of Amazon's S3 API that an upload needs, signed with Signature Version 4 by a library and sent over our own
 * connections, so that proxies, pins, limits and memory are as everywhere. Each body's digest is signed, so the server
 * refuses what was damaged on the way. Throws `Failure`.
 */
export class S3Bucket {
  readonly #client: UploadClient;
  readonly #clock: Clock;
  readonly #settings: S3Settings;

  constructor(client: UploadClient, clock: Clock, settings: S3Settings) {
    this.#client = client;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Where an object is. */
  urlOf(key: string): URL {
    const { endpoint, bucket, addressing } = this.#settings;
    const url = new URL(endpoint);
    const base = url.pathname.replace(/\/+$/, '');
    if (addressing === 'host') url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = `${base}/${addressing === 'host' ? '' : `${bucket}/`}${encodedPath(key)}`;
    return url;
  }

  /** What has this key; undefined: nothing, or nothing that we may see. */
  async look(
    key: string,
    signal: AbortSignal,
  ): Promise<{ readonly size: number; readonly id: string | undefined } | undefined> {
    const answer = await this.#ask(key, { method: 'HEAD' }, signal);
    if (answer.status === 404 || answer.status === 403) return undefined;
    const size = sizeIn(answer);
    if (size === undefined) throw this.#refusal(answer);
    return { size, id: answer.headers.get(idHeader) };
  }

  /** False: somebody has that key. */
  async putWhole(key: string, file: OutgoingFile, run: HostRun): Promise<boolean> {
    const { source, id } = file;
    const digest = await source.digest('sha256', 0, source.size, run.signal);
    const put = (headers: readonly Header[]): Promise<HostAnswer> =>
      this.#ask(
        key,
        {
          method: 'PUT',
          headers: [['Content-Type', 'application/octet-stream'], [idHeader, id], ...headers],
          body: () => source.body(),
          digest: digest.toString('hex'),
          onSent: run.sent,
        },
        run.signal,
      );
    return this.#onlyNew(put);
  }

  /** The id of a new multipart upload. */
  async begin(key: string, id: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#ask(
      key,
      {
        method: 'POST',
        query: { uploads: '' },
        headers: [
          ['Content-Type', 'application/octet-stream'],
          [idHeader, id],
        ],
      },
      signal,
    );
    this.#mustBeDone(answer);
    const uploadId = textIn(inside(await readXml(answer.text), 'InitiateMultipartUploadResult'), 'UploadId');
    if (!uploadId) throw new Failure('protocol', 'it began no upload in parts, without saying why');
    return uploadId;
  }

  /**
   * Uploads in parts of this key that are neither completed nor aborted, with the moment of their beginning, epoch ms
   * (ListMultipartUploads, the first thousand). None where the server does not tell.
   */
  async listUploads(
    key: string,
    signal: AbortSignal,
  ): Promise<readonly { readonly uploadId: string; readonly at: number }[]> {
    const answer = await this.#ask('', { method: 'GET', query: { uploads: '', prefix: key } }, signal);
    if (answer.status !== 200) return [];
    const list = inside(await readXml(answer.text, ['Upload']), 'ListMultipartUploadsResult');
    return (Array.isArray(list.Upload) ? list.Upload.map((one) => inside(one)) : []).flatMap((one) => {
      const [uploadId, at] = [textIn(one, 'UploadId'), Date.parse(textIn(one, 'Initiated') ?? '')];
      return textIn(one, 'Key') === key && uploadId && !Number.isNaN(at) ? [{ uploadId, at }] : [];
    });
  }

  /** The parts that are there, by number; undefined: there is no such upload. */
  async listParts(key: string, uploadId: string, signal: AbortSignal) {
    const parts = new Map<number, { readonly etag: string; readonly size: number }>();
    for (let marker = '0'; ; ) {
      const query = { uploadId, 'part-number-marker': marker };
      const answer = await this.#ask(key, { method: 'GET', query }, signal);
      if (answer.status === 404) return undefined;
      this.#mustBeDone(answer);
      const list = inside(await readXml(answer.text, ['Part']), 'ListPartsResult');
      for (const part of Array.isArray(list.Part) ? list.Part.map((one) => inside(one)) : []) {
        const etag = textIn(part, 'ETag');
        if (etag !== undefined)
          parts.set(Number(textIn(part, 'PartNumber')), { etag, size: Number(textIn(part, 'Size')) });
      }
      const next = textIn(list, 'NextPartNumberMarker');
      if (textIn(list, 'IsTruncated') !== 'true' || next === undefined || next === marker) return parts;
      marker = next;
    }
  }

  /** Sends a part and gives its tag. */
  async putPart(
    key: string,
    part: { readonly uploadId: string; readonly number: number; readonly from: number; readonly to: number },
    { source }: OutgoingFile,
    run: HostRun,
  ): Promise<string> {
    const { uploadId, number, from, to } = part;
    const digest = await source.digest('sha256', from, to, run.signal);
    const answer = await this.#ask(
      key,
      {
        method: 'PUT',
        query: { partNumber: String(number), uploadId },
        body: () => source.body({ from, to }),
        digest: digest.toString('hex'),
        onSent: (sent) => run.sent(from + sent),
      },
      run.signal,
    );
    this.#mustBeDone(answer);
    const etag = answer.headers.get('etag');
    if (etag === undefined) throw new Failure('protocol', 'it took a part without saying its tag');
    return etag;
  }

  /** Makes the object of its parts. False: somebody has that key. */
  async complete(
    key: string,
    { uploadId, etags }: { readonly uploadId: string; readonly etags: readonly string[] },
    signal: AbortSignal,
  ): Promise<boolean> {
    const parts = etags.map(
      (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
    const finish = (headers: readonly Header[]): Promise<HostAnswer> =>
      this.#ask(
        key,
        {
          method: 'POST',
          query: { uploadId },
          headers: [['Content-Type', 'application/xml'], ...headers],
          body,
          digest: sha256(body),
        },
        signal,
      );
    return this.#onlyNew(finish);
  }

  /** Deletes our object; what has another id is left. */
  async remove(key: string, file: Pick<TakenFile, 'id' | 'size'>, signal: AbortSignal): Promise<void> {
    const there = await this.#ask(key, { method: 'HEAD' }, signal);
    if (there.status === 404) return;
    const size = sizeIn(there);
    if (size === undefined) throw this.#refusal(there);
    const id = there.headers.get(idHeader);
    mustBeAsSent(file, id === undefined || id === file.id ? size : Number.NaN);
    const { secretKey, accessKey } = this.#settings;
    const answer = await this.#ask(key, { method: 'DELETE' }, signal);
    mustBeDeleted(answer, [secretKey, accessKey], this.#clock.now());
  }

  /** An upload in parts goes, with its parts; no error when there is none (AbortMultipartUpload). */
  async abort(key: string, uploadId: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(key, { method: 'DELETE', query: { uploadId } }, signal);
    const { secretKey, accessKey } = this.#settings;
    mustBeDeleted(answer, [secretKey, accessKey], this.#clock.now());
  }

  /** Some servers do not know the condition; they are asked without it, which the look before has to do for. */
  async #onlyNew(ask: (headers: readonly Header[]) => Promise<HostAnswer>): Promise<boolean> {
    let answer = await ask(this.#settings.replace ? [] : [['If-None-Match', '*']]);
    if (answer.status === 501) answer = await ask([]);
    if (answer.status === 412 || answer.status === 409) return false;
    this.#mustBeDone(answer);
    return true;
  }

  async #ask(
    key: string,
    { method, query = {}, headers = [], body, digest = nothing, onSent }: Asked,
    signal: AbortSignal,
  ) {
    const { AwsV4Signer } = await import('aws4fetch');
    const { accessKey, secretKey, region } = this.#settings;
    const url = this.urlOf(key);
    url.search = new URLSearchParams(query).toString();
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: [...headers.map(([name, value]): [string, string] => [name, value]), ['X-Amz-Content-Sha256', digest]],
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      service: 's3',
      region,
      datetime: new Date(this.#clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
      singleEncode: false,
    }).sign();
    return this.#client.ask(
      {
        method,
        url,
        headers: [...signed.headers],
        body: body ?? (method === 'POST' ? '' : undefined),
        ...(onSent ? { onSent } : {}),
      },
      signal,
    );
  }

  /** Completing may fail after its 200 has been sent (CompleteMultipartUpload, Response). */
  #mustBeDone(answer: HostAnswer): void {
    const isDone = answer.status >= 200 && answer.status <= 299;
    if (!isDone || /<Error[\s>]/.test(answer.text)) throw this.#refusal(answer);
  }

  #refusal(answer: HostAnswer): Failure {
    const status = answer.status < 300 ? 500 : answer.status;
    return refusal({ ...answer, status }, [this.#settings.secretKey, this.#settings.accessKey], this.#clock.now());
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
