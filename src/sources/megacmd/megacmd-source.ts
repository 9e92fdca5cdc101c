import * as z from 'zod';
import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { isMegaLink, megaKey, megaLinkKey, parseMegaLink } from '../mega/link.ts';
import type { FetchRequest, Manifest, ResolveRequest, Source, Transfer } from '../source.ts';
import { MegaGetTransfer } from './mega-get-transfer.ts';

export interface MegacmdSourceOptions {
  readonly config: Pick<Config, 'mega'>;
  readonly clock: Clock;
  readonly disk: Disk;
}

/** What `resolve` hands to `fetch`: the link, or nothing where an earlier run has brought all files. */
interface MegacmdPlan {
  readonly link: string | undefined;
}

/** What is remembered of a run that has ended: nothing of MEGAcmd tells beforehand what a link contains. */
const token = z.object({
  found: z.array(z.object({ path: z.string(), size: z.int().nonnegative(), main: z.boolean() })).min(1),
});

/** MEGA links through the program mega-get, with the account that MEGAcmd is logged in to. */
export function createMegacmdSource({ config, clock, disk }: MegacmdSourceOptions): Source {
  const { program, idle_timeout: idleTimeout } = config.mega;
  return {
    name: 'megacmd',
    accepts: isMegaLink,
    keyOf: megaLinkKey,
    async resolve(request, signal) {
      signal.throwIfAborted();
      return manifestOf(request);
    },
    fetch(request) {
      const { link } = request.manifest.plan as MegacmdPlan;
      if (link === undefined) return allThere(request);
      return new MegaGetTransfer({ program, idleTimeout, clock, disk, link }, request);
    },
    async close() {},
  };
}

/** One stand-in, until the end of the run tells the files; or the files of a run that has ended. Pure. */
function manifestOf({ link, resume }: ResolveRequest): Manifest {
  const { id } = parseMegaLink(link);
  const { data } = token.safeParse(resume?.token);
  if (data) {
    const [first] = data.found;
    return {
      name: first?.path.split('/', 1)[0] ?? id,
      files: data.found,
      totalBytes: data.found.reduce((sum, { size }) => sum + size, 0),
      resumeToken: data,
      continues: true,
      plan: { link: undefined } satisfies MegacmdPlan,
    };
  }
  const name = `mega-${id}`;
  return {
    name,
    files: [{ path: name, size: null, main: true }],
    totalBytes: null,
    resumeToken: { of: megaKey(link) ?? '' },
    continues: resume === undefined,
    ...(resume === undefined ? {} : { reason: 'mega-get cannot go on with what another program has begun' }),
    ranges: false,
    plan: { link: link.trim() } satisfies MegacmdPlan,
  };
}

/** All files of an earlier run stand in their partials; where one does not, everything begins anew. */
function allThere({ targets }: FetchRequest): Transfer {
  const ranges = targets.map(({ position, durable }) => ({ position, ranges: durable }));
  const isWhole = targets.every(({ size, durable: [first, second] }) => {
    return size !== null && second === undefined && (size === 0 || (first?.[0] === 0 && first[1] === size));
  });
  const done = isWhole
    ? Promise.resolve({
        files: targets.map(({ position, size }) => ({ position, size: size ?? 0, integrity: 'length' as const })),
      })
    : Promise.reject(new Failure('changed', 'what mega-get brought is no longer complete; it is fetched again'));
  done.catch(() => {});
  return {
    done,
    flush: async () => ranges,
    progress: () => ({ bytes: targets.reduce((sum, { size }) => sum + (size ?? 0), 0), connections: 0 }),
    tune() {},
    nudge() {},
    async close() {},
  };
}
