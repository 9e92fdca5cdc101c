import type { Config } from '../../config/config.ts';
import { settingsOfHost } from '../../config/hosts.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { Source } from '../source.ts';
import { Asker } from './asker.ts';
import { HeldAnswers } from './held.ts';
import { HostConnections } from './host-connections.ts';
import { isWebLink, linkKey } from './link.ts';
import type { HttpPlan } from './plan.ts';
import { resolveAny } from './resolve.ts';
import { HttpTransfer } from './transfer.ts';

export interface HttpSourceOptions {
  readonly config: Config['http'];
  /** What differs for single hosts; left out: nothing. */
  readonly hosts?: Config['hosts'];
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Log;
}

/** Links that begin with `http://` or `https://`: one file each. */
export function createHttpSource({ config, hosts: settings = {}, clock, disk, log }: HttpSourceOptions): Source {
  const asker = new Asker({ config, hosts: settings, clock, disk });
  const held = new HeldAnswers(clock);
  const hosts = new HostConnections(
    clock,
    (host) => settingsOfHost(settings, host).connections ?? config.connections_per_host,
  );
  const context = { asker, held, hosts, clock, disk, config };
  return {
    name: 'http',
    createsPartials: true,
    accepts: isWebLink,
    keyOf: linkKey,
    async resolve(request, signal) {
      const manifest = await resolveAny(context, request, signal);
      const { continues, reason, totalBytes } = manifest;
      log.debug({ host: new URL(request.link.trim()).host, totalBytes, continues, reason }, 'resolved');
      return manifest;
    },
    fetch(request) {
      const [target] = request.targets;
      if (!target || request.targets.length !== 1) throw new Failure('internal', 'a web link has exactly one file');
      return new HttpTransfer(context, request, target);
    },
    discard({ plan }) {
      const { held: number } = plan as HttpPlan;
      if (number !== undefined) held.take(number)?.exchange.abandon();
    },
    async close() {
      held.close();
      asker.close();
    },
  };
}
