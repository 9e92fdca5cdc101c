import { bytesPerSecond, type Rate } from '../config/rate.ts';
import { effectiveRate, type Schedule } from '../downloads/schedule.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { Run } from '../engine/run.ts';
import type { Rates, Store } from '../store/store.ts';
import { type Demand, newDemand, wantOf, withLook } from './demand.ts';
import type { Service } from './service.ts';
import { type SharedLimit, shareRates } from './share-rates.ts';

/** How often speeds are measured and limits shared anew, ms. */
const beat = 1000;
/** Of its even share, what stays for one that takes nothing now: with it, it shows that it goes on. */
const foothold = 0.1;
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
  /** The limit of all downloads from this host (`name:port`) together, bytes/s; Infinity for none. */
  rateOfHost(place: string): number;
  /** Downloads may run again. */
  onOpen(): void;
}

/** One download of this machine, ours or another instance's. */
interface Fetching {
  readonly run: Run | undefined;
  readonly link: string;
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
  #reading: Promise<void> | undefined;
  #readAgain = false;
  #cancel: (() => void) | undefined;

  constructor(parts: RateKeeperParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.#cancel) return;
    this.#cancel = this.#parts.engine.clock.every(beat, () => this.#tick());
    this.#wasClosed = this.#isClosed();
    this.look();
    await this.#reading;
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#reading;
  }

  /** After a change of the store: a limit may have been changed, or another instance have begun something. */
  look(): void {
    this.#readAgain = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  /** A run has begun: it gets its share before its first byte. */
  share(): void {
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
      if (run && isNews(run.rate, share)) run.limit(share === Number.POSITIVE_INFINITY ? 0 : Math.max(1, share));
    }
  }

  #tick(): void {
    const closed = this.#isClosed();
    if (closed) {
      for (const run of this.#running()) run.stop({ by: 'window' });
    } else {
      this.#measure();
      this.share();
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
    while (this.#readAgain) {
      this.#readAgain = false;
      try {
        this.#rates = await store.rates(host);
        this.share();
      } catch (error) {
        engine.log.warn({ error }, 'the rate limits could not be read');
      }
    }
  }

  /** All of this machine; ours as they run, the others' as recorded. */
  #fetching(): Fetching[] {
    const { engine, limits } = this.#parts;
    const recorded = new Map(this.#rates.downloading.map((row) => [row.id, row]));
    const ours = this.#running().map((run) => {
      const { id, link, options } = run.claim.download;
      const { rate } = recorded.get(id) ?? options;
      return { run, link, cap: bytesPerSecond(rate ?? limits.rate_per_download) };
    });
    const others = this.#rates.downloading.filter(({ instance }) => instance !== engine.instance);
    return [
      ...ours,
      ...others.map(({ link, rate }) => ({
        ...{ run: undefined, link, cap: bytesPerSecond(rate ?? limits.rate_per_download) },
      })),
    ];
  }

  #limitsOf(fetching: readonly Fetching[]): SharedLimit[] {
    const { engine, schedule, limits, rateOfHost } = this.#parts;
    const scheduled = schedule.at(engine.clock.now()).rate;
    const total = effectiveRate({ scheduled, set: this.#rates.total, configured: limits.rate });
    const places = fetching.map(({ link }) => placeOf(link));
    const rates = places.map(({ host, port }) => rateOfHost(`${host}:${port}`));
    const hosts = Map.groupBy(fetching.keys(), (n) => `${places[n]?.host} ${rates[n]}`);
    const shared = [
      { rate: total, members: [...fetching.keys()] },
      ...[...hosts.values()].map((members) => ({ rate: rates[members[0] ?? 0] ?? total, members })),
    ];
    return shared.filter(({ rate }) => rate !== Number.POSITIVE_INFINITY);
  }

  #running(): Run[] {
    return [...this.#parts.runs.values()].filter(({ status }) => status === 'downloading');
  }

  #isClosed(): boolean {
    const { schedule, engine } = this.#parts;
    return schedule.closedUntil(engine.clock.now()) !== undefined;
  }
}

/** Less is always told, more where it matters. `now` 0: no limit. */
function isNews(now: number, share: number): boolean {
  const before = now === 0 ? Number.POSITIVE_INFINITY : now;
  return share < before || share > before * (1 + worthTelling);
}

/** Ports of one host share a limit, unless each has its own in the configuration. */
function placeOf(link: string): { readonly host: string; readonly port: string } {
  const { hostname = '', port = '', protocol = '' } = URL.parse(link) ?? {};
  return { host: hostname, port: port === '' ? (defaultPorts[protocol] ?? '') : port };
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443', 'ftp:': '21', 'sftp:': '22' };
