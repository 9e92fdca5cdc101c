import type * as z from 'zod';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';

/** Where qBittorrent answers, and who asks. */
export interface ClientParts {
  /** Of its web page, without a slash at the end. */
  readonly url: string;
  readonly username: string;
  /** Read before each login. Throws `Failure`. */
  password(): Promise<string>;
  readonly clock: Clock;
}

type Form = Readonly<Record<string, string | Blob>>;

/** Longest wait for an answer, ms. */
const patience = 15_000;
/** Bytes of an answer at most: a list of 100,000 torrents takes about as much. */
const mostAnswer = 128 << 20;
/** A password that was refused is not offered again so soon, ms: after five in vain qBittorrent bans this machine. */
const refusedFor = 30_000;
/** For how long qBittorrent bans, unless somebody set something else, ms. */
const banFor = 3_600_000;

/**
 * Speaks the Web API of qBittorrent (version 2, qBittorrent 4.1 and newer). Logs in when it must, once for all who
 * ask at the same time. Throws `Failure`: `offline` where nobody answers, `refused` for a wrong password.
 */
export class QbittorrentClient {
  readonly #parts: ClientParts;
  #session: Promise<Session> | undefined;
  #refused: { readonly failure: Failure; readonly at: number } | undefined;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Asks; undefined where qBittorrent has no such thing (404). */
  async json<T>(form: z.ZodType<T>, path: string, signal: AbortSignal): Promise<T | undefined> {
    const bytes = await this.bytes(path, signal);
    if (bytes === undefined) return undefined;
    const { success, data } = form.safeParse(parsed(bytes.toString('utf8')));
    if (!success) throw strange(`an answer to ${path.split('?', 1)[0]} that is not understood`);
    return data;
  }

  async bytes(path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const answer = await this.#ask(path, {}, signal);
    return answer.status === 404 ? undefined : answer.body;
  }

  /** Orders something. Returns what qBittorrent says. */
  async send(path: string, form: Form, signal: AbortSignal): Promise<string> {
    const body = new FormData();
    for (const [name, value] of Object.entries(form)) {
      if (typeof value === 'string') body.set(name, value);
      else body.set(name, value, 'longhaul.torrent');
    }
    return (await this.#ask(path, { method: 'POST', body }, signal)).body.toString('utf8');
  }

  /** The version of its Web API, as `[2, 8]`. */
  async version(signal: AbortSignal): Promise<readonly number[]> {
    return (await this.#login(signal)).version;
  }

  async #ask(path: string, how: RequestInit, signal: AbortSignal, again = true): Promise<Answer> {
    const session = await this.#login(signal);
    const answer = await this.#fetch(path, { ...how, headers: { cookie: session.cookie } }, signal);
    if (answer.status === 403) {
      // It was started anew, or the session is too old.
      if (again) {
        this.#session = undefined;
        return this.#ask(path, how, signal, false);
      }
      throw strange('it does not take the session it gave');
    }
    if (answer.status >= 400 && answer.status !== 404 && answer.status !== 409) {
      throw strange(`status ${answer.status} to ${path.split('?', 1)[0]}`);
    }
    return answer;
  }

  #login(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    this.#session ??= this.#newSession().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #newSession(): Promise<Session> {
    const { clock, username } = this.#parts;
    if (this.#refused && clock.monotonic() - this.#refused.at < refusedFor) throw this.#refused.failure;
    const password = await this.#parts.password();
    const { signal } = new AbortController();
    let cookie = '';
    if (username !== '' || password !== '') {
      const body = new URLSearchParams({ username, password });
      const answer = await this.#fetch('auth/login', { method: 'POST', body }, signal);
      this.#judge(answer);
      cookie = answer.cookies.map((line) => line.split(';', 1)[0] ?? '').join('; ');
    }
    const answer = await this.#fetch('app/webapiVersion', { headers: { cookie } }, signal);
    if (answer.status === 403) throw this.#wrong();
    const version = /^\s*(\d+)\.(\d+)/.exec(answer.body.toString('utf8'));
    if (answer.status !== 200 || !version) {
      throw new Failure(
        'refused',
        `what answers at ${this.#parts.url} is no qBittorrent with a web interface; correct qbittorrent.url`,
      );
    }
    this.#refused = undefined;
    return { cookie, version: [Number(version[1]), Number(version[2])] };
  }

  /** Throws what a login that failed means. */
  #judge({ status, body }: Answer): void {
    const said = body.subarray(0, 500).toString('utf8').trim();
    if (status === 403 && /banned/i.test(said)) {
      const { clock } = this.#parts;
      throw this.#remember(
        new Failure(
          'rate_limit',
          'qBittorrent has banned this machine after too many wrong passwords; it is asked again in an hour, or start it anew',
          { retry: { when: 'later', reason: 'rate_limit', at: clock.now() + banFor } },
        ),
      );
    }
    if (status === 401 || status === 403 || (status < 300 && said !== '' && said !== 'Ok.')) throw this.#wrong();
    if (status >= 400) throw strange(`status ${status} to a login`);
  }

  #wrong(): Failure {
    const what = 'qBittorrent does not take this user name and password';
    return this.#remember(
      new Failure('refused', `${what}; correct qbittorrent.username and qbittorrent.password, then longhaul retry`),
    );
  }

  #remember(failure: Failure): Failure {
    this.#refused = { failure, at: this.#parts.clock.monotonic() };
    return failure;
  }

  async #fetch(path: string, how: RequestInit, signal: AbortSignal): Promise<Answer> {
    const { url, clock } = this.#parts;
    const late = new AbortController();
    const cancel = clock.after(patience, () => late.abort(this.#away('it takes too long to answer')));
    try {
      const both = AbortSignal.any([signal, late.signal]);
      const answer = await fetch(`${url}/api/v2/${path}`, { ...how, redirect: 'error', signal: both });
      return { status: answer.status, cookies: answer.headers.getSetCookie(), body: await bodyOf(answer) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Failure) throw error;
      const { cause } = error as Error;
      throw this.#away((cause as NodeJS.ErrnoException | undefined)?.code ?? (error as Error).message, error);
    } finally {
      cancel();
    }
  }

  #away(why: string, cause?: unknown): Failure {
    const what = `qBittorrent does not answer at ${this.#parts.url} (${why})`;
    return new Failure(
      'offline',
      `${what}; start it, or correct qbittorrent.url`,
      cause === undefined ? {} : { cause },
    );
  }
}

interface Session {
  readonly cookie: string;
  readonly version: readonly number[];
}

interface Answer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

async function bodyOf(answer: Response): Promise<Buffer> {
  const portions: Uint8Array[] = [];
  let length = 0;
  for await (const portion of answer.body ?? []) {
    portions.push(portion);
    length += portion.length;
    if (length > mostAnswer) throw strange('an answer that does not end');
  }
  return Buffer.concat(portions);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function strange(what: string): Failure {
  return new Failure('protocol', `qBittorrent gave ${what}; it is tried again`);
}
