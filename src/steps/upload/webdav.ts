import { dirname } from 'node:path/posix';
import { Failure } from '../../downloads/failure.ts';
import type { Header } from '../../net/http1/header.ts';
import type { Method } from '../../net/http1/request-head.ts';
import type { RequestBody } from '../../net/send-body.ts';
import type { Clock } from '../../time/clock.ts';
import type { HostAnswer, UploadClient } from './client.ts';
import { mustBeAsSent, mustBeDeleted, placeOf, quietRun } from './deleting.ts';
import type { HostRun, OutgoingFile, TakenFile, Uploaded, UploadHost } from './host.ts';
import { sizeIn } from './http.ts';
import { encodedPath, filledIn } from './link.ts';
import { markOf } from './marks.ts';
import { underFreeName } from './names.ts';
import { refusal } from './refusal.ts';
import { inside, readXml, textIn, type Xml } from './xml.ts';

export interface WebdavSettings {
  readonly name: string;
  readonly mostBytes: number;
  /** The folder that files go to. */
  readonly url: string;
  readonly headers: readonly Header[];
  readonly link: string | undefined;
  readonly replace: boolean;
  readonly secrets: readonly string[];
}

/** Statuses by which a server says that it does not know MOVE, or does not do it. */
const noMove = new Set([405, 501]);

/**
 * A WebDAV server (RFC 4918). The file goes there under a name of its own and gets its final one by MOVE when all of it
 * is there, so nobody ever sees half of it; where there is no MOVE it goes there at once. In both ways a crash leaves
 * only what can be looked for: by HEAD, and by PROPFIND where that does not tell.
 */
export function webdavHost(client: UploadClient, clock: Clock, settings: WebdavSettings): UploadHost {
  return {
    name: settings.name,
    mostBytes: settings.mostBytes,
    put: (file, run) => new Webdav(client, clock, settings, run).put(file),
    async giveUp(mark, signal) {
      const { temporary } = markOf(mark);
      if (temporary === undefined) return;
      const answer = await new Webdav(client, clock, settings, quietRun(signal)).remove(temporary);
      mustBeDeleted(answer, settings.secrets, clock.now());
    },
    delete: (file, signal) => new Webdav(client, clock, settings, quietRun(signal)).delete(file),
  };
}

/** One file's way there. */
class Webdav {
  readonly #client: UploadClient;
  readonly #clock: Clock;
  readonly #settings: WebdavSettings;
  readonly #run: HostRun;

  constructor(client: UploadClient, clock: Clock, settings: WebdavSettings, run: HostRun) {
    this.#client = client;
    this.#clock = clock;
    this.#settings = settings;
    this.#run = run;
  }

  async put(file: OutgoingFile): Promise<Uploaded> {
    const { path, temporary } = markOf(this.#run.mark);
    const { size } = file.source;
    const isThere = temporary !== undefined && (await this.#sizeOf(temporary)) === size;
    if (path !== undefined && !isThere && (await this.#sizeOf(path)) === size) return this.#uploaded(path);
    if (isThere) return this.#nameIt(file, temporary);
    await this.#makeFolders(file.name);
    return (await this.#knowsMove()) ? this.#byTemporary(file) : this.#direct(file);
  }

  remove(path: string): Promise<HostAnswer> {
    return this.#ask('DELETE', path);
  }

  async delete(file: TakenFile): Promise<void> {
    const path = placeOf(file);
    const size = await this.#sizeOf(path);
    if (size === undefined) return;
    mustBeAsSent(file, size);
    mustBeDeleted(await this.#ask('DELETE', path), this.#settings.secrets, this.#clock.now());
  }

  async #byTemporary(file: OutgoingFile): Promise<Uploaded> {
    const folder = dirname(file.name);
    const name = `longhaul-${file.id}.uploading`;
    const temporary = folder === '.' ? name : `${folder}/${name}`;
    await this.#run.keep({ temporary });
    this.#mustBeDone(await this.#send(file, temporary));
    const arrived = await this.#sizeOf(temporary);
    if (arrived !== file.source.size)
      throw new Failure('network', 'it does not have all of what it took; it is sent anew');
    return this.#nameIt(file, temporary);
  }

  #nameIt(file: OutgoingFile, temporary: string): Promise<Uploaded> {
    return underFreeName(file.name, async (path) => {
      if (!this.#settings.replace && (await this.#sizeOf(path)) !== undefined) return undefined;
      await this.#run.keep({ temporary, path });
      const answer = await this.#ask('MOVE', temporary, {
        headers: [
          ['Destination', this.#urlOf(path).href],
          ['Overwrite', this.#settings.replace ? 'T' : 'F'],
        ],
      });
      if (answer.status === 412) return undefined;
      if (noMove.has(answer.status)) {
        await this.remove(temporary);
        return this.#direct(file);
      }
      this.#mustBeDone(answer);
      return this.#uploaded(path);
    });
  }

  #direct(file: OutgoingFile): Promise<Uploaded> {
    const { replace } = this.#settings;
    return underFreeName(file.name, async (path) => {
      if (!replace && (await this.#sizeOf(path)) !== undefined) return undefined;
      await this.#run.keep({ path });
      const answer = await this.#send(file, path, replace ? [] : [['If-None-Match', '*']]);
      if (answer.status === 412) return undefined;
      this.#mustBeDone(answer);
      return this.#uploaded(path);
    });
  }

  /** The folders of a file that are not there yet; the first one has to be. */
  async #makeFolders(path: string): Promise<void> {
    const folders = path.split('/').slice(0, -1);
    for (const depth of folders.keys()) {
      const { status } = await this.#ask('MKCOL', `${folders.slice(0, depth + 1).join('/')}/`);
      if (status === 409) return;
    }
  }

  /** What it allows in the folder; a server that does not say is tried. */
  async #knowsMove(): Promise<boolean> {
    const answer = await this.#ask('OPTIONS', '');
    const allowed = answer.headers.members('allow').map((method) => method.toUpperCase());
    return allowed.length === 0 || allowed.includes('MOVE');
  }

  /** Bytes; undefined: nothing is there; −1: it does not say how much. */
  async #sizeOf(path: string): Promise<number | undefined> {
    const head = await this.#ask('HEAD', path);
    const size = sizeIn(head);
    if (head.status === 404 || head.status === 410 || (size !== undefined && size >= 0)) return size;
    const answer = await this.#ask('PROPFIND', path, {
      headers: [
        ['Depth', '0'],
        ['Content-Type', 'application/xml; charset=utf-8'],
      ],
      body: sizeQuestion,
    });
    if (answer.status === 404 || answer.status === 410) return undefined;
    if (answer.status !== 207) throw refusal(answer, this.#settings.secrets, this.#clock.now());
    return sizeAmong(await readXml(answer.text, ['response', 'propstat']));
  }

  #send(file: OutgoingFile, path: string, headers: readonly Header[] = []): Promise<HostAnswer> {
    return this.#ask('PUT', path, {
      headers: [['Content-Type', 'application/octet-stream'], ...headers],
      body: () => file.source.body(),
      onSent: this.#run.sent,
    });
  }

  #ask(
    method: Method,
    path: string,
    more: {
      readonly headers?: readonly Header[];
      readonly body?: (() => RequestBody) | string;
      readonly onSent?: (bytes: number) => void;
    } = {},
  ): Promise<HostAnswer> {
    const headers = [...this.#settings.headers, ...(more.headers ?? [])];
    return this.#client.ask({ method, url: this.#urlOf(path), ...more, headers }, this.#run.signal);
  }

  #mustBeDone(answer: HostAnswer): void {
    if (answer.status >= 200 && answer.status <= 299) return;
    throw refusal(answer, this.#settings.secrets, this.#clock.now());
  }

  #uploaded(path: string): Uploaded {
    const { link } = this.#settings;
    return { link: link === undefined ? this.#urlOf(path).href : filledIn(link, path), path };
  }

  #urlOf(path: string): URL {
    const { url } = this.#settings;
    return new URL(`${url}${url.endsWith('/') ? '' : '/'}${encodedPath(path)}`);
  }
}

/** Of the answer to a PROPFIND of one file (RFC 4918 section 9.1); −1: it tells no size. */
function sizeAmong(answer: Xml): number {
  const { response } = inside(answer, 'multistatus');
  const { propstat } = inside(Array.isArray(response) ? response[0] : undefined);
  const sizes = (Array.isArray(propstat) ? propstat : []).map((one) => textIn(inside(one, 'prop'), 'getcontentlength'));
  const length = sizes.find((size) => size !== undefined && /^\s*\d{1,15}\s*$/.test(size));
  return length === undefined ? -1 : Number(length);
}

const sizeQuestion =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><getcontentlength/></prop></propfind>';
