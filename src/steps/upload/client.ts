import type { Config } from '../../config/config.ts';
import type { Rate } from '../../config/rate.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { textOf } from '../../net/answer-text.ts';
import type { Header, HeaderFields } from '../../net/http1/header.ts';
import type { Method } from '../../net/http1/request-head.ts';
import { ConnectionPool } from '../../net/pool.ts';
import { request } from '../../net/request.ts';
import { Routes } from '../../net/routes.ts';
import { RateLimit, type RequestBody, textBody } from '../../net/send-body.ts';
import { TrustFiles } from '../../net/trust-files.ts';
import type { Clock } from '../../time/clock.ts';

export interface ClientParts {
  readonly config: Pick<Config, 'http' | 'hosts' | 'upload'>;
  readonly clock: Clock;
  readonly disk: Disk;
}

export interface Asked {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: readonly Header[];
  /** Made anew for each time that it is sent; a text is sent as UTF-8. */
  readonly body?: (() => RequestBody) | string | undefined;
  /** Told of the bytes of the body that the host has taken. */
  readonly onSent?: (bytes: number) => void;
}

/** A whole answer; hosts answer uploads with little. */
export interface HostAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderFields;
  readonly text: string;
  /** `host:port`. */
  readonly place: string;
}

const mostAnswer = 4 << 20;

/** Limits that all uploads of an instance keep together: for all, and for each host. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #all: Rate;
  readonly #limits = new Map<string, RateLimit>();

  /** `all`: of all uploads together. */
  constructor(all: Rate, clock: Clock) {
    this.#all = all;
    this.#clock = clock;
  }

  of(host: string, rate: Rate): readonly RateLimit[] {
    return [...this.#limit('', this.#all), ...this.#limit(host, rate)];
  }

  #limit(name: string, rate: Rate): readonly RateLimit[] {
    if (rate === 'off') return [];
    const known = this.#limits.get(name) ?? new RateLimit(rate, this.#clock);
    this.#limits.set(name, known);
    return [known];
  }
}

/** Speaks HTTP with the hosts of one upload: through their proxies, believing whom the configuration says, at their rates. */
export class UploadClient {
  readonly #parts: ClientParts;
  readonly #limits: readonly RateLimit[];
  readonly #pool: ConnectionPool;
  readonly #routes: Routes;

  /** `publicOnly`: the host's address is not one that the configuration names, so it cannot be a private one. */
  constructor(
    parts: ClientParts,
    { limits, publicOnly }: { readonly limits: readonly RateLimit[]; readonly publicOnly: boolean },
  ) {
    const { config, clock, disk } = parts;
    this.#parts = parts;
    this.#limits = limits;
    const trust = new TrustFiles((path) => disk.readText(path));
    this.#routes = new Routes(config.http, config.hosts);
    this.#pool = new ConnectionPool({
      clock,
      connectTimeout: config.http.connect_timeout,
      trust: (caFile) => trust.trust(caFile),
      publicOnly,
    });
  }

  /** The answer, whatever its status; redirects are not followed. Throws `Failure`, or the signal's reason. */
  async ask({ method, url, headers = [], body, onSent }: Asked, signal: AbortSignal): Promise<HostAnswer> {
    const { clock, config } = this.#parts;
    const { idle_timeout, answer_timeout } = config.upload;
    const agent = this.#routes.settingsOf(url).user_agent ?? config.http.user_agent;
    const bodyOf = typeof body === 'string' ? () => textBody(body) : body;
    const answer = await request(
      { method, url, headers: [['User-Agent', agent], ['Accept', '*/*'], ...headers], body: bodyOf },
      {
        pool: this.#pool,
        clock,
        route: this.#routes.routeFor(url),
        answerTimeout: answer_timeout,
        idleTimeout: idle_timeout,
        buckets: this.#limits,
        onSent,
        signal,
      },
    );
    const { head, place } = answer;
    const deadline = new AbortController();
    const cancel = clock.after(answer_timeout, () => deadline.abort(tooSlow(place)));
    try {
      const text = await textOf(answer, mostAnswer, AbortSignal.any([signal, deadline.signal]), 'protocol');
      return { status: head.status, reason: head.reason, headers: head.headers, text, place };
    } finally {
      cancel();
    }
  }

  /** Safe to call twice. */
  close(): void {
    this.#pool.close();
  }
}

function tooSlow(place: string): Failure {
  return new Failure('network', `${place} took too long to finish its answer`);
}
