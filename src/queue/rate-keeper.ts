import { bytesPerSecond, type Rate } from '../config/rate.ts';
import { defaultPorts } from '../downloads/host.ts';
import { effectiveRate, type Schedule } from '../downloads/schedule.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { Rates } from '../store/queue-facts.ts';
import type { Store } from '../store/store.ts';
import { type Demand, newDemand, wantOf, withLook } from './demand.ts';
import { createRests, type Rests } from './rests.ts';
import type { Service } from './service.ts';
import { type SharedLimit, shareRates } from './share-rates.ts';

/** How often speeds are measured and limits shared anew, ms. */
const beat = 1000;
/** The limits are read at most so often, ms: thousands of downloads change the store all the time. */
const rest = 200;
/** Of its even share, what stays for one that takes nothing now: with it, it shows that it goes on. */
const foothold = 0.1;
/** After a run began the limits are shared anew this soon, ms: many may begin at once. */
const settle = 50;
/** Links whose hosts are remembered. */
const mostLinks = 20_000;
/** A share that grows by less than this part is left as it is. */
const worthTelling = 0.02;

export interface RateKeeperParts {
  readonly engine: Pick<EngineParts, 'clock' | 'log' | 'instance'>;
  readonly store: Pick<Store, 'rates'>;
  readonly runs: ReadonlyMap<number, Run>;
  /** This machine's name: its instances share the limit of all. */
  readonly host: string;
  readonly limits: { readonly rate: Rate; readonly rate_per_download: Rate };
  readonly schedule: Schedule;
  /** The limit of all downloads from this host (`name:port`) together, bytes/s; Infinity for none. Left out: none has one. */
  rateOfHost?(place: string): number;
  /** The limit of all downloads of this category together, likewise. */
  rateOfCategory?(category: string): number;
  /** Downloads may run again. */
  onOpen(): void;
}

/** Ports of one host share a limit, unless each has its own in the configuration: then their keys differ. */
interface HostLimit {
  readonly key: string;
  /** Bytes/s. */
  readonly rate: number;
}

const noHostLimit: HostLimit = { key: '', rate: Number.POSITIVE_INFINITY };

/** One download of this machine, ours or another instance's. */
interface Fetching {
  readonly run: Run | undefined;
  readonly link: string;
  readonly category: string | null;
  /** Bytes/s. */
  readonly cap: number;
}

/**
 * Holds the runs to the limits: of all downloads of the machine together, of each, of each host, and of the
 * hour. Shares them about once a second, and at once when one begins or a person changes a limit. In hours in
 * which nothing may run it lets go of everything.
 */
export class RateKeeper implements Service {
  readonly #parts: RateKeeperParts;
  readonly #demands = new WeakMap<Run, Demand>();
  #rates: Rates = { downloading: [] };
  #wasClosed = false;
  readonly #reading: Rests;
  #endSettling: (() => void) | undefined;
  readonly #hosts = new Map<string, HostLimit>();
  #cancel: (() => void) | undefined;

  constructor(parts: RateKeeperParts) {
    this.#parts = parts;
    this.#reading = createRests(parts.engine.clock, rest, () => this.#read());
  }

  async start(): Promise<void> {
    if (this.#cancel) return;
    this.#cancel = this.#parts.engine.clock.every(beat, () => this.#tick());
    this.#wasClosed = this.#isClosed();
    await this.#reading.ask();
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#reading.stop();
    this.#endSettling?.();
  }

  /** After a change of the store: a limit may have been changed, or another instance have begun something. */
  look(): void {
    void this.#reading.ask();
  }

  /** A run has begun: before its first byte it gets what it may have for the moment. */
  admit(run: Run): void {
    const { engine, runs } = this.#parts;
    const { link, options, category } = run.claim.download;
    const even = this.#total() / Math.max(1, runs.size);
    tell(run, Math.min(this.#capOf(options.rate), even, this.#hostOf(link).rate, this.#rateOfCategory(category)));
    this.#endSettling ??= engine.clock.after(settle, () => {
      this.#endSettling = undefined;
      this.#share();
    });
  }

  #share(): void {
    if (this.#isClosed()) return;
    const fetching = this.#fetching();
    const caps = fetching.map(({ cap }) => cap);
    const limits = this.#limitsOf(fetching);
    const even = shareRates(caps, limits);
    const wants = fetching.map(({ run, cap }, n) => {
      const least = foothold * (even[n] ?? 0);
      return Math.min(cap, run ? wantOf(this.#demands.get(run) ?? newDemand, least) : cap);
    });
    for (const [n, share] of shareRates(wants, limits).entries()) {
      const run = fetching[n]?.run;
      if (run) tell(run, share);
    }
  }

  #tick(): void {
    const closed = this.#isClosed();
    if (closed) {
      for (const run of this.#running()) run.stop({ by: 'window' });
    } else {
      this.#measure();
      this.#share();
    }
    if (this.#wasClosed && !closed) this.#parts.onOpen();
    this.#wasClosed = closed;
  }

  #measure(): void {
    const at = this.#parts.engine.clock.monotonic();
    for (const run of this.#running()) {
      if (!run.transfer) continue;
      const look = { at, bytes: run.transfer.progress().bytes, share: run.rate === 0 ? Infinity : run.rate };
      this.#demands.set(run, withLook(this.#demands.get(run) ?? newDemand, look));
    }
  }

  async #read(): Promise<void> {
    const { store, host, engine } = this.#parts;
    try {
      this.#rates = await store.rates(host);
      this.#share();
    } catch (error) {
      engine.log.warn({ error }, 'the rate limits could not be read');
    }
  }

  /** All of this machine; ours as they run, the others' as recorded. */
  #fetching(): Fetching[] {
    const { engine } = this.#parts;
    const recorded = new Map(this.#rates.downloading.map((row) => [row.id, row]));
    const ours = this.#running().map((run) => {
      const { id, link, options, category } = run.claim.download;
      const row = recorded.get(id);
      const { rate } = row ?? options;
      return { run, link, category: row ? row.category : category, cap: this.#capOf(rate) };
    });
    const others = this.#rates.downloading.filter(({ instance }) => instance !== engine.instance);
    return [
      ...ours,
      ...others.map(({ link, category, rate }) => ({ run: undefined, link, category, cap: this.#capOf(rate) })),
    ];
  }

  #limitsOf(fetching: readonly Fetching[]): SharedLimit[] {
    const groups = new Map<string, { readonly rate: number; readonly members: number[] }>();
    for (const [n, { link, category }] of fetching.entries()) {
      const host = this.#hostOf(link);
      const ofHost = { key: `host ${host.key}`, rate: host.rate };
      const ofCategory = { key: `category ${category}`, rate: this.#rateOfCategory(category) };
      for (const { key, rate } of [ofHost, ofCategory]) {
        if (rate === Number.POSITIVE_INFINITY) continue;
        const known = groups.get(key) ?? { rate, members: [] };
        known.members.push(n);
        groups.set(key, known);
      }
    }
    const total = this.#total();
    const ofAll = total === Number.POSITIVE_INFINITY ? [] : [{ rate: total, members: [...fetching.keys()] }];
    return [...ofAll, ...groups.values()];
  }

  #total(): number {
    const { engine, schedule, limits } = this.#parts;
    const scheduled = schedule.at(engine.clock.now()).rate;
    return effectiveRate({ scheduled, set: this.#rates.total, configured: limits.rate });
  }

  #capOf(own: Rate | undefined): number {
    return bytesPerSecond(own ?? this.#parts.limits.rate_per_download);
  }

  #rateOfCategory(category: string | null): number {
    const { rateOfCategory } = this.#parts;
    return category !== null && rateOfCategory ? rateOfCategory(category) : Number.POSITIVE_INFINITY;
  }

  /** Remembered, as it is asked for of every download each second. */
  #hostOf(link: string): HostLimit {
    const { rateOfHost } = this.#parts;
    if (!rateOfHost) return noHostLimit;
    const known = this.#hosts.get(link);
    if (known) return known;
    if (this.#hosts.size >= mostLinks) this.#hosts.clear();
    const { host, port } = placeOf(link);
    const rate = rateOfHost(`${host}:${port}`);
    const found = { key: `${host} ${rate}`, rate };
    this.#hosts.set(link, found);
    return found;
  }

  #running(): Run[] {
    return [...this.#parts.runs.values()].filter(({ status }) => status === 'downloading');
  }

  #isClosed(): boolean {
    const { schedule, engine } = this.#parts;
    return schedule.closedUntil(engine.clock.now()) !== undefined;
  }
}

/** `share` in bytes/s; Infinity: no limit. */
function tell(run: Run, share: number): void {
  if (isNews(run.rate, share)) run.limit(share === Number.POSITIVE_INFINITY ? 0 : Math.max(1, share));
}

/** Less is always told, more where it matters. `now` 0: no limit. */
function isNews(now: number, share: number): boolean {
  const before = now === 0 ? Number.POSITIVE_INFINITY : now;
  return share < before || share > before * (1 + worthTelling);
}

function placeOf(link: string): { readonly host: string; readonly port: string } {
  const { hostname = '', port = '', protocol = '' } = URL.parse(link) ?? {};
  return { host: hostname, port: port === '' ? (defaultPorts[protocol] ?? '') : port };
}
