import { asFailure } from '../../downloads/failure.ts';
import { discard } from '../../net/get.ts';
import type { FetchRequest } from '../source.ts';
import { rangeReply } from './content-range.ts';
import { type Gap, Joiner, type Joining, type Joint } from './joiner.ts';
import { parseLink, withoutSecrets } from './link.ts';
import type { PartialFile } from './partial-file.ts';
import type { HttpPlan } from './plan.ts';
import { validatorOf, versionOf } from './validators.ts';

/** Finds answers at the other links of a file: further connections take turns over them. */
export class Mirrors {
  readonly #context: Joining;
  readonly #request: FetchRequest;
  readonly #plan: HttpPlan;
  readonly #partial: PartialFile;
  readonly #signal: AbortSignal;
  readonly #main: Joiner;
  /** In their order; what does not have the same file, or fails, is left out from then on. */
  readonly #links: string[];
  readonly #joiners = new Map<string, Joiner>();
  #turn = 0;

  constructor(
    context: Joining,
    main: Joiner,
    file: { readonly request: FetchRequest; readonly plan: HttpPlan; readonly partial: PartialFile },
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#main = main;
    this.#request = file.request;
    this.#plan = file.plan;
    this.#partial = file.partial;
    this.#signal = signal;
    this.#links = (file.request.options.mirrors ?? []).filter((link) => link !== file.plan.link);
  }

  /** The first connection goes to where the resolve led; each further one to the next link in turn. */
  async next(gap: Gap, isExtra: boolean): Promise<Joint> {
    const link = isExtra ? this.#linkInTurn() : undefined;
    if (link === undefined) return this.#main.next(gap, isExtra);
    try {
      const joiner = this.#joiners.get(link) ?? (await this.#joinerFor(link));
      if (joiner) return await joiner.next(gap, isExtra);
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#request.onNote?.(`a mirror is left out: ${asFailure(error).message}`);
    }
    this.#links.splice(this.#links.indexOf(link), 1);
    return this.#main.next(gap, isExtra);
  }

  #linkInTurn(): string | undefined {
    this.#turn = (this.#turn + 1) % (this.#links.length + 1);
    return this.#turn === 0 ? undefined : this.#links[this.#turn - 1];
  }

  /**
   * Asks a mirror for one byte: it has the same file when size and strong ETag are equal, or size alone where
   * a checksum will tell in the end. Undefined when it does not.
   */
  async #joinerFor(link: string): Promise<Joiner | undefined> {
    const { options } = this.#request;
    const url = parseLink(link);
    const { asker } = this.#context;
    const { exchange, hop } = await asker.ask({ link: url, options, from: 0, to: 1, isMirror: true }, this.#signal);
    const reply = rangeReply(exchange.head.headers.get('content-range'));
    const version = versionOf(exchange.head);
    const isPart = exchange.head.status === 206 && reply.kind === 'part';
    discard(exchange);
    const { token } = this.#plan;
    const sameSize = isPart && token.total !== null && reply.total === token.total;
    const sameVersion = version.etag !== undefined && version.etag === token.etag;
    const isProved = sameVersion || (options.checksum !== undefined && validatorOf(version) !== undefined);
    if (!sameSize || !isProved) {
      this.#request.onNote?.(`a mirror is left out: ${url.host} does not show that it has the same file`);
      return undefined;
    }
    const { held: _, ...plan } = this.#plan;
    const its: HttpPlan = {
      ...plan,
      link,
      target: hop.url.href,
      trusted: hop.trusted,
      token: { ...version, total: token.total, url: withoutSecrets(hop.url) },
      at: 0,
      proof: 'validator',
      ranges: true,
      isMirror: true,
    };
    const joiner = new Joiner(this.#context, this.#request, its, this.#partial, this.#signal);
    this.#joiners.set(link, joiner);
    return joiner;
  }
}
