import type { Config } from '../../config/config.ts';
import { version } from '../../config/version.ts';
import type { Disk } from '../../disk/disk.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { type Answer, get } from '../../net/get.ts';
import type { Header } from '../../net/http1/header.ts';
import { ConnectionPool, type Route } from '../../net/pool.ts';
import { firstHop, type Hop } from '../../net/redirect.ts';
import { Routes } from '../../net/routes.ts';
import type { Clock } from '../../time/clock.ts';
import { AskerFiles } from './asker-files.ts';
import type { Cookies } from './cookies.ts';
import { requestHeaders } from './request-headers.ts';

export interface AskerOptions {
  readonly config: Config['http'];
  /** What differs for single hosts; left out: nothing. */
  readonly hosts?: Config['hosts'];
  readonly clock: Clock;
  readonly disk: Disk;
  /** Never goes to a private address: what is asked for was named by a stranger. */
  readonly publicOnly?: boolean;
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
  /** `link` is another link for the same file: what may be a secret of the first one's host stays away. */
  readonly isMirror?: boolean;
  /** JSON to be asked with, in ASCII; left out: a GET. `headers` are sent beside the usual ones. */
  readonly post?: { readonly json: string; readonly headers: readonly Header[] };
}

/**
 * Sends questions for files, over connections that are shared and used again. Knows for each host on the
 * way what the configuration and the download say of it: proxy, trust, headers, cookies, logins.
 */
export class Asker {
  readonly #options: AskerOptions;
  readonly #pool: ConnectionPool;
  readonly #files: AskerFiles;
  readonly #routes: Routes;

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#files = new AskerFiles(options.disk);
    this.#routes = new Routes(options.config, options.hosts);
    this.#pool = new ConnectionPool({
      clock: options.clock,
      connectTimeout: options.config.connect_timeout,
      trust: (caFile) => this.#files.trust(caFile),
      ...(options.publicOnly ? { publicOnly: true } : {}),
    });
  }

  /** The answer after all redirects, whatever its status; its body waits. Throws `Failure`, or the signal's reason. */
  async ask(question: Question, signal: AbortSignal): Promise<Answer> {
    const { config, clock } = this.#options;
    const { link, options } = question;
    const cookieFile = options.cookieFile ?? config.cookie_file;
    const cookies = cookieFile === undefined ? undefined : await this.#files.cookies(cookieFile);
    signal.throwIfAborted();
    return get(
      question.start?.url ?? link,
      async (hop) => [
        ...(await this.#headers(question, hop, cookies)),
        ...rangeHeaders(question),
        ...(question.post ? [jsonType, ...question.post.headers] : []),
      ],
      {
        pool: this.#pool,
        clock,
        headersTimeout: config.headers_timeout,
        redirects: { mostHops: config.max_redirects, allowDowngrade: config.allow_downgrade },
        signal,
        routeFor: (url) => this.#routeFor(url, question),
        ...(question.post ? { body: question.post.json } : {}),
        ...(cookies ? { onAnswer: (url, head) => cookies.take(url, head.headers.lines('set-cookie')) } : {}),
      },
      question.start ?? firstHop(link),
    );
  }

  /** Ends idle connections. Safe to call twice. */
  close(): void {
    this.#pool.close();
  }

  async #headers(question: Question, hop: Hop, cookies: Cookies | undefined): Promise<Header[]> {
    const { config } = this.#options;
    const { link, options } = question;
    const { headers = [], user_agent, referer } = this.#routes.settingsOf(hop.url);
    const netrcFile = options.netrcFile ?? (config.netrc === false ? undefined : String(config.netrc));
    const login =
      netrcFile === undefined ? undefined : await this.#files.login(netrcFile, hop.url.hostname, hop.trusted);
    const cookie = await cookies?.headerFor(hop.url);
    const agent = options.userAgent ?? user_agent ?? config.user_agent;
    const from = options.referer ?? referer;
    return requestHeaders(
      {
        userAgent: agent.replaceAll('{version}', version),
        ...(from === undefined ? {} : { referer: from }),
        lines: config.headers,
        hostLines: headers,
        ownLines: options.headers ?? [],
        link,
        ...(login ? { netrc: login } : {}),
        ...(options.user === undefined ? {} : { user: options.user, password: options.password ?? '' }),
        ...(options.bearer === undefined ? {} : { bearer: options.bearer }),
        ...(cookie === undefined ? {} : { cookies: cookie }),
      },
      hop.trusted && !question.isMirror ? 'own' : hop.trusted ? 'mirror' : 'foreign',
    );
  }

  #routeFor(url: URL, { link, options, isMirror }: Question): Route {
    const fingerprint = url.origin === link.origin && !isMirror ? options.fingerprint : undefined;
    return this.#routes.routeFor(url, { proxy: options.proxy, fingerprint });
  }
}

const jsonType: Header = ['Content-Type', 'application/json'];

function rangeHeaders({ from, to, ifRange }: Question): Header[] {
  if (from === undefined) return [];
  const range: Header = ['Range', `bytes=${from}-${to === undefined ? '' : to - 1}`];
  return ifRange === undefined ? [range] : [range, ['If-Range', ifRange]];
}
