import { get, run, type Work } from './database.ts';
import type { InstanceRecord } from './rows.ts';
import { instanceByUid } from './statements/instance-by-uid.ts';
import { settingNamed } from './statements/setting-named.ts';
import { takeName } from './statements/take-name.ts';

/** Makes the name the instance's, which is registered already; otherwise tells who has it. */
export function* claimName(wanted: string, uid: string, now: number): Work<InstanceRecord | undefined> {
  const name = `serve:${wanted}`;
  if ((yield* run(takeName, { name, value: uid, now })) === 1) return undefined;
  const holder = yield* get(settingNamed, { name });
  if (holder?.value === uid) return undefined;
  return holder && (yield* get(instanceByUid, { uid: holder.value }));
}
