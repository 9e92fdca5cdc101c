import type { SecureContext } from 'node:tls';
import type { Config } from '../../config/config.ts';
import { version } from '../../config/version.ts';
import type { Disk } from '../../disk/disk.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import { trustFrom } from '../../net/connect.ts';
import { type Answer, get } from '../../net/get.ts';
import type { Header } from '../../net/http1/header.ts';
import { ConnectionPool } from '../../net/pool.ts';
import { firstHop, type Hop } from '../../net/redirect.ts';
import type { Clock } from '../../time/clock.ts';
import { requestHeaders } from './request-headers.ts';

export interface AskerOptions {
  readonly config: Config['http'];
  readonly clock: Clock;
  readonly disk: Disk;
}

export interface Question {
  /** As given, with user name and password. */
  readonly link: URL;
  readonly options: DownloadOptions;
  /** Where to begin instead of at the link: what an earlier way has led to. */
  readonly start?: Hop;
  /** First byte wanted; undefined: the whole file. */
  readonly from?: number | undefined;
  /** End of the bytes wanted, exclusive; undefined: to the end of the file. */
  readonly to?: number | undefined;
  /** A strong validator: a range only of this version, otherwise the whole file. */
  readonly ifRange?: string | undefined;
}

/** Sends questions for files, over connections that are shared and used again. */
export class Asker {
  readonly #options: AskerOptions;
  readonly #pool: ConnectionPool;
  #trust: Promise<SecureContext> | undefined;

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool({
      clock: options.clock,
      connectTimeout: options.config.connect_timeout,
      trust: () => this.#trusted(),
    });
  }

  /** The answer after all redirects, whatever its status; its body waits. Throws `Failure`, or the signal's reason. */
  ask(question: Question, signal: AbortSignal): Promise<Answer> {
    const { config, clock } = this.#options;
    const wanted = {
      userAgent: config.user_agent.replaceAll('{version}', version),
      lines: [...config.headers, ...(question.options.headers ?? [])],
      link: question.link,
    };
    return get(
      question.start?.url ?? question.link,
      (hop) => [...requestHeaders(wanted, hop.trusted), ...rangeHeaders(question)],
      {
        pool: this.#pool,
        clock,
        headersTimeout: config.headers_timeout,
        redirects: { mostHops: config.max_redirects, allowDowngrade: config.allow_downgrade },
        signal,
      },
      question.start ?? firstHop(question.link),
    );
  }

  /** Ends idle connections. Safe to call twice. */
  close(): void {
    this.#pool.close();
  }

  #trusted(): Promise<SecureContext> {
    this.#trust ??= this.#readTrust();
    this.#trust.catch(() => {
      this.#trust = undefined;
    });
    return this.#trust;
  }

  async #readTrust(): Promise<SecureContext> {
    const path = this.#options.config.ca_file;
    if (path === undefined) return trustFrom(undefined);
    const pem = await this.#options.disk.readText(path).catch((error: unknown) => {
      throw new Failure('tls', `the file of http.ca_file (${path}) cannot be read`, { cause: error });
    });
    if (pem === undefined) throw new Failure('tls', `the file of http.ca_file (${path}) does not exist`);
    return trustFrom(pem);
  }
}

function rangeHeaders({ from, to, ifRange }: Question): Header[] {
  if (from === undefined) return [];
  const range: Header = ['Range', `bytes=${from}-${to === undefined ? '' : to - 1}`];
  return ifRange === undefined ? [range] : [range, ['If-Range', ifRange]];
}
