import { isRate, type Rate } from '../config/rate.ts';
import { isUnfinished } from '../downloads/states.ts';
import { tell } from './changing.ts';
import { all, get, run, type Work } from './database.ts';
import type { Rates } from './queue-facts.ts';
import { type DownloadRow, optionsOf, parsed } from './rows.ts';
import { deleteSetting } from './statements/delete-setting.ts';
import { downloadingOnHost } from './statements/downloading-on-host.ts';
import { lockDownload } from './statements/lock-download.ts';
import { setOptions } from './statements/set-options.ts';
import { settingNamed } from './statements/setting-named.ts';
import { upsertSetting } from './statements/upsert-setting.ts';
import { NotPossible } from './store.ts';

/** The name under which the rate for all downloads together is remembered. */
const name = 'rate';

/** The download's own limit; `default`: whatever the configuration says. Its instance reads it at once. */
export function* limitOne(id: number, rate: Rate | 'default', now: number): Work<DownloadRow> {
  const row = yield* get(lockDownload, { id });
  if (!row) throw new NotPossible(`there is no download ${id}`);
  if (!isUnfinished(row.status)) {
    throw new NotPossible(`download ${id} is ${row.status}; only what is unfinished can be limited`);
  }
  const { rate: _before, ...others } = optionsOf(row);
  const options = JSON.stringify(rate === 'default' ? others : { ...others, rate });
  yield* run(setOptions, { id, options, now });
  yield* tell(row, 'limited', now, { rate });
  return { ...row, options, updated_at: now };
}

/** The limit of all downloads together, for every instance. */
export function* limitAll(rate: Rate | 'default', now: number): Work<void> {
  if (rate === 'default') yield* run(deleteSetting, { name });
  else yield* run(upsertSetting, { name, value: JSON.stringify(rate), now });
}

export function* rates(host: string): Work<Rates> {
  const rows = yield* all(downloadingOnHost, { host });
  return {
    ...(yield* totalRate()),
    downloading: rows.map(({ id, instance, link, category, options }) => {
      const rate = ownRate(options);
      return { id, instance, link, category, ...(rate === undefined ? {} : { rate }) };
    }),
  };
}

/** It is asked for of every running download at every change: most have none, and are not parsed. */
function ownRate(options: string): Rate | undefined {
  return options.includes('"rate"') ? optionsOf({ options }).rate : undefined;
}

function* totalRate(): Work<Pick<Rates, 'total'>> {
  const setting = yield* get(settingNamed, { name });
  const total: unknown = setting && parsed(setting.value);
  return isRate(total) ? { total } : {};
}
