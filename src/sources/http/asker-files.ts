import type { SecureContext } from 'node:tls';
import type { Disk } from '../../disk/disk.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { TrustFiles } from '../../net/trust-files.ts';
import type { Cookies } from './cookies.ts';
import { type Login, loginFor } from './netrc.ts';
import { checkHeaders } from './request-headers.ts';

interface Kept<T> {
  readonly stamp: string;
  readonly made: Promise<T>;
}

/** The files that say how hosts are asked: each is read when it is first needed, and again when it has changed. */
export class AskerFiles {
  readonly #disk: Disk;
  readonly #trust: TrustFiles;
  readonly #cookies = new Map<string, Kept<Cookies>>();
  readonly #netrc = new Map<string, Kept<string>>();

  constructor(disk: Disk) {
    this.#disk = disk;
    this.#trust = new TrustFiles((path) => disk.readText(path));
  }

  /** Reads what the options of a download name. Throws `Failure('link')`. */
  async check({ headers = [], cookieFile, netrcFile }: DownloadOptions): Promise<void> {
    checkHeaders(headers);
    if (cookieFile !== undefined) await this.cookies(cookieFile);
    if (netrcFile !== undefined) await this.login(netrcFile, '');
  }

  /** The usual authorities and those in the file. Throws `Failure('tls')`. */
  trust(caFile: string | undefined): Promise<SecureContext> {
    return this.#trust.trust(caFile);
  }

  /** Throws `Failure('link')`. */
  cookies(path: string): Promise<Cookies> {
    return this.#kept(this.#cookies, path, 'cookie file', async (text) => {
      // Loaded by those who use it: its list of public suffixes is large.
      const { cookiesFrom } = await import('./cookies.ts');
      return cookiesFrom(text, path);
    });
  }

  /** What a netrc file says for a host, as `loginFor`. Throws `Failure('link')`. */
  async login(path: string, host: string, named = true): Promise<Login | undefined> {
    return loginFor(await this.#kept(this.#netrc, path, 'netrc file', async (text) => text), host, named);
  }

  async #kept<T>(
    all: Map<string, Kept<T>>,
    path: string,
    what: string,
    make: (text: string) => Promise<T>,
  ): Promise<T> {
    const facts = await this.#disk.facts(path).catch(() => undefined);
    const stamp = `${facts?.modifiedAt} ${facts?.size} ${facts?.inode}`;
    const known = all.get(path);
    if (known?.stamp === stamp) return known.made;
    const made = this.#text(path, what).then(make);
    all.set(path, { stamp, made });
    made.catch(() => all.delete(path));
    return made;
  }

  async #text(path: string, what: string): Promise<string> {
    const text = await this.#disk.readText(path).catch((error: unknown) => {
      throw new Failure('link', `the ${what} ${path} cannot be read; check its permissions`, { cause: error });
    });
    if (text === undefined) throw new Failure('link', `the ${what} ${path} does not exist`);
    return text;
  }
}
