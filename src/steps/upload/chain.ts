import { Failure, type FailureClass } from '../../downloads/failure.ts';
import type { HostRun, OutgoingFile, Uploaded, UploadHost } from './host.ts';

/** What of a failure is the host's, so that another one may do. */
const hostClasses: readonly FailureClass[] = [
  'network',
  'offline',
  'rate_limit',
  'quota',
  'server',
  'refused',
  'link',
  'tls',
  'protocol',
];

export interface ChainRun {
  readonly signal: AbortSignal;
  markOf(host: string): unknown;
  keep(host: string, mark: unknown): Promise<void>;
  sent(host: string, bytes: number): void;
  /** A host did not take it; why. */
  passed(failure: Failure): void;
}

/**
 * Sends a file to the first host that takes it. One whose connection broke in the middle is tried once more before the
 * next one is. Throws the failure of the only host, or one that tells of all of them and is tried again when any of them
 * may be; what is not a host's fault at once.
 */
export async function toFirst(
  file: OutgoingFile,
  hosts: readonly UploadHost[],
  run: ChainRun,
): Promise<Uploaded & { readonly host: string }> {
  const failures: Failure[] = [];
  for (const host of hosts) {
    const outcome = await tryHost(file, host, run, hosts.length > 1 ? 2 : 1);
    if (!(outcome instanceof Failure)) return { ...outcome, host: host.name };
    failures.push(outcome);
    run.passed(outcome);
  }
  throw together(failures);
}

async function tryHost(
  file: OutgoingFile,
  host: UploadHost,
  run: ChainRun,
  tries: number,
): Promise<Uploaded | Failure> {
  if (file.source.size > host.mostBytes) {
    return new Failure('refused', `${host.name}: the file is larger than it takes (${host.mostBytes} bytes)`);
  }
  for (let tried = 1; ; tried += 1) {
    let moved = false;
    const hostRun: HostRun = {
      mark: run.markOf(host.name),
      keep: (mark) => run.keep(host.name, mark),
      sent(bytes) {
        moved = true;
        run.sent(host.name, bytes);
      },
      signal: run.signal,
    };
    try {
      return await host.put(file, hostRun);
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof Failure) || !hostClasses.includes(error.class)) throw error;
      const isBroken = error.class === 'network' && moved;
      if (!isBroken || tried >= tries) return named(host.name, error);
    }
  }
}

/** A host that has no address now may have one later: that is never the link's fault. */
function named(host: string, failure: Failure): Failure {
  const isGone = failure.class === 'link';
  const message = `${host}: ${failure.message.replace(/; check the link$/, '; check its url in the configuration')}`;
  return new Failure(isGone ? 'network' : failure.class, message, {
    cause: failure,
    ...(isGone ? {} : { retry: failure.retry }),
  });
}

/** One failure that stands for all: the most hopeful of them says when to try again. Pure. */
export function together(failures: readonly Failure[]): Failure {
  const [first, ...others] = failures;
  if (!first) return new Failure('internal', 'no host was asked');
  if (others.length === 0) return first;
  const hopeful = [...failures].sort((a, b) => hope(b) - hope(a))[0] ?? first;
  const text = `no host took it (${failures.map(({ message }) => message).join('; ')})`;
  return new Failure(hopeful.class, text, { retry: hopeful.retry, cause: hopeful });
}

function hope({ retry }: Failure): number {
  if (retry.when === 'never') return 0;
  return retry.when === 'now' ? 2 : 1;
}
