import { bytesPerSecond, parseRate, type Rate } from '../config/rate.ts';
import type { Download } from '../downloads/download.ts';
import { effectiveRate } from '../downloads/schedule.ts';
import type { Limits } from './commands.ts';
import { findDownload } from './find-download.ts';
import type { CommandParts } from './parts.ts';

/** Changes a download's own limit; who runs it obeys within a second. Throws RangeError for what is no rate. */
export async function limitDownload(parts: CommandParts, reference: string, rate: Rate | 'default'): Promise<Download> {
  const checked = checkedRate(rate);
  const { id } = await findDownload(parts, reference);
  return parts.store.limit(id, checked, parts.clock.now());
}

/** Changes the limit of all downloads together. Throws RangeError for what is no rate. */
export async function limitAll(parts: CommandParts, rate: Rate | 'default'): Promise<Limits> {
  await parts.store.limitAll(checkedRate(rate), parts.clock.now());
  return currentLimits(parts);
}

/** Which limits hold now, and why. */
export async function currentLimits(parts: CommandParts): Promise<Limits> {
  const { store, clock, schedule, limits } = parts;
  const { total: set } = await store.rates('');
  const { rate: scheduled, until } = schedule.at(clock.now());
  const rate = effectiveRate({ scheduled, set, configured: limits.rate });
  return {
    rate: rateOf(rate),
    ...(set === undefined ? {} : { set }),
    configured: limits.rate,
    perDownload: limits.rate_per_download,
    window: scheduled === undefined ? null : { rate: rateOf(scheduled), until },
  };
}

function checkedRate(rate: Rate | 'default'): Rate | 'default' {
  return rate === 'default' ? rate : parseRate(rate);
}

function rateOf(rate: number): Rate {
  return rate === bytesPerSecond('off') ? 'off' : rate;
}
