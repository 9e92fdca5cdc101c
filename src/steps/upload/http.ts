import { basename } from 'node:path/posix';
import type { Header } from '../../net/http1/header.ts';
import type { Clock } from '../../time/clock.ts';
import { atMostTwice } from './at-most-twice.ts';
import type { HostAnswer, UploadClient } from './client.ts';
import { mustBeAsSent, mustBeDeleted, placeOf } from './deleting.ts';
import type { HostRun, OutgoingFile, TakenFile, Uploaded, UploadHost } from './host.ts';
import { filledIn, linkIn } from './link.ts';
import { markOf } from './marks.ts';
import { formWith } from './multipart.ts';
import { underFreeName } from './names.ts';
import { refusal } from './refusal.ts';

export interface HttpSettings {
  readonly name: string;
  readonly mostBytes: number;
  /** With `{name}` or `{path}` in it, or not. */
  readonly url: string;
  readonly method: 'PUT' | 'POST';
  /** The field of a form; undefined: the file is the whole body. */
  readonly field: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: readonly Header[];
  readonly link: string | undefined;
  readonly replace: boolean;
  readonly secrets: readonly string[];
}

/**
 * Any host that takes a file by PUT or POST. What was put at an address of its own can be looked for there, as a file
 * of the same size; what was posted cannot.
 */
export function httpHost(client: UploadClient, clock: Clock, settings: HttpSettings): UploadHost {
  const host = new HttpHost(client, clock, settings);
  const isOwnPlace = settings.method === 'PUT' && /\{(?:name|path)\}/.test(settings.url);
  return {
    name: settings.name,
    mostBytes: settings.mostBytes,
    put: (file, run) =>
      isOwnPlace
        ? host.putAt(file, run)
        : atMostTwice(run, (beforeLast) => host.send(file, run, { path: file.name, beforeLast })),
    ...(isOwnPlace ? { delete: (file: TakenFile, signal: AbortSignal) => host.delete(file, signal) } : {}),
  };
}

interface Sending {
  readonly path: string;
  readonly beforeLast?: () => Promise<void>;
  readonly headers?: readonly Header[];
}

class HttpHost {
  readonly #client: UploadClient;
  readonly #clock: Clock;
  readonly #settings: HttpSettings;

  constructor(client: UploadClient, clock: Clock, settings: HttpSettings) {
    this.#client = client;
    this.#clock = clock;
    this.#settings = settings;
  }

  async putAt(file: OutgoingFile, run: HostRun): Promise<Uploaded> {
    const { replace } = this.#settings;
    const before = markOf(run.mark).path;
    if (before !== undefined && (await this.#sizeAt(before, run.signal)) === file.source.size) {
      return { link: this.#linkOf(before), path: before };
    }
    const onlyNew: readonly Header[] = replace ? [] : [['If-None-Match', '*']];
    return underFreeName(file.name, async (path) => {
      if (!replace && (await this.#sizeAt(path, run.signal)) !== undefined) return undefined;
      await run.keep({ path });
      return this.send(file, run, { path, headers: onlyNew }).catch((error: unknown) => {
        if (error instanceof Taken) return undefined;
        throw error;
      });
    });
  }

  async delete(file: TakenFile, signal: AbortSignal): Promise<void> {
    const path = placeOf(file);
    mustBeAsSent(file, (await this.#sizeAt(path, signal)) ?? -1);
    const { headers, secrets } = this.#settings;
    const answer = await this.#client.ask({ method: 'DELETE', url: this.#urlOf(path), headers }, signal);
    mustBeDeleted(answer, secrets, this.#clock.now());
  }

  /** Sends it once. Throws `Taken` for a 412. */
  async send(file: OutgoingFile, run: HostRun, { path, beforeLast, headers = [] }: Sending): Promise<Uploaded> {
    const { method, field, fields, link, secrets } = this.#settings;
    const url = this.#urlOf(path);
    const form = field === undefined ? undefined : formWith(file.source, { field, name: basename(path), fields });
    const answer = await this.#client.ask(
      {
        method,
        url,
        headers: [
          ...this.#settings.headers,
          ...headers,
          form?.header ?? (['Content-Type', 'application/octet-stream'] as const),
        ],
        body: () => form?.body(beforeLast) ?? file.source.body(beforeLast ? { beforeLast } : {}),
        onSent: (sent) => run.sent(form?.ofFile(sent) ?? sent),
      },
      run.signal,
    );
    if (answer.status === 412) throw new Taken();
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, secrets, this.#clock.now());
    return { link: linkIn(answer, link, { path, url: method === 'PUT' ? shown(url) : undefined }), path };
  }

  /** Undefined where nothing is, and where the host does not say; −1: something of unknown size. */
  async #sizeAt(path: string, signal: AbortSignal): Promise<number | undefined> {
    const { headers } = this.#settings;
    const answer = await this.#client.ask({ method: 'HEAD', url: this.#urlOf(path), headers }, signal);
    return sizeIn(answer);
  }

  #urlOf(path: string): URL {
    return new URL(filledIn(this.#settings.url, path));
  }

  #linkOf(path: string): string {
    const { link } = this.#settings;
    const isTemplate = link !== undefined && !/^(?:body|location|json:.*)$/.test(link);
    return isTemplate ? filledIn(link, path) : shown(this.#urlOf(path)).href;
  }
}

/** Without the query, which may let somebody in. */
function shown(url: URL): URL {
  return new URL(`${url.origin}${url.pathname}`);
}

/** Something else has that name. */
class Taken extends Error {}

/** The size that an answer to HEAD tells; undefined: nothing is there; −1: something of unknown size. Pure. */
export function sizeIn({ status, headers }: HostAnswer): number | undefined {
  if (status < 200 || status > 299) return undefined;
  const length = headers.get('content-length') ?? '';
  return /^\d{1,15}$/.test(length) ? Number(length) : -1;
}
