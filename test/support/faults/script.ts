import type { FailureClass } from '../../../src/downloads/failure.ts';
import type { Behaviour, Claims, RecordedRequest } from '../fault-replies.ts';
import type { FaultServer, Script } from '../fault-server.ts';
import { fileSize, type Validators, type VersionName, versionOf } from './versions.ts';

/** How Longhaul may end while the fault lasts: with the right bytes, or with a failure of this class. */
export type Ending = 'right' | FailureClass;

/** The certificate of a server that speaks TLS. */
export type Secure = 'good' | 'expired' | 'self-signed' | 'of another host';

/** One way in which a server can be bad; played anew for each program that is tried on it. */
export interface FaultScript {
  /** Short, and the only one of its name. */
  readonly name: string;
  /** For people: what goes wrong. */
  readonly what: string;
  readonly validators: Validators;
  readonly claims: Partial<Claims>;
  readonly secure: Secure | undefined;
  /** The user names the digest of version A. */
  readonly checksum: boolean;
  /** Versions that the server has as the whole file while the fault lasts. */
  readonly has: readonly VersionName[];
  /** What it has when it is healthy again. */
  readonly later: VersionName;
  readonly ends: readonly Ending[];
  readonly play: (play: Play) => Script;
}

/** What a script has at hand. */
export interface Play {
  readonly server: FaultServer;
  /** The claims of each version. */
  readonly versions: Readonly<Record<VersionName, Partial<Claims>>>;
  readonly random: () => number;
}

type Defaulted = 'validators' | 'claims' | 'secure' | 'checksum' | 'has' | 'later' | 'ends';

/** A script with what is usual filled in: strong validators, version A all the time, and the right bytes in the end. */
export function fault(
  name: string,
  what: string,
  play: FaultScript['play'],
  more: Partial<Pick<FaultScript, Defaulted>> = {},
): FaultScript {
  const usual = { validators: 'etag', claims: {}, secure: undefined, checksum: false } as const;
  return { ...usual, has: ['A'], later: more.has?.at(-1) ?? 'A', ends: ['right'], name, what, play, ...more };
}

export function versionsOf(validators: Validators): Play['versions'] {
  const version = (name: VersionName): Partial<Claims> => versionOf(name, validators);
  return { A: version('A'), B: version('B'), longer: version('longer'), shorter: version('shorter') };
}

export const serve: Behaviour = { do: 'serve' };
/** Where an answer breaks off: within the first of eight segments, so that every number of connections meets it. */
export const middle = 900_000;

/** Each request is answered alike. */
export function always(behaviour: Behaviour): Script {
  return () => behaviour;
}

/** The first request with `behaviour`, all others as `then`. */
export function first(behaviour: Behaviour, then: Script | Behaviour = serve): Script {
  return times(1, behaviour, then);
}

/** The first `count` requests with `behaviour`, all others as `then`. */
export function times(count: number, behaviour: Behaviour, then: Script | Behaviour = serve): Script {
  const rest = typeof then === 'function' ? then : always(then);
  let number = 0;
  return (request) => {
    number += 1;
    return number <= count ? behaviour : rest(request);
  };
}

/** The first request breaks off in the middle; whoever asks for the rest gets `then`. */
export function onResume(then: Script | Behaviour): Script {
  return first({ do: 'cut', after: middle }, then);
}

/** Requests for a range that does not begin at 0 get `behaviour`, the others the file. */
export function onRange(behaviour: Behaviour): Script {
  return (request) => (startOf(request) > 0 ? behaviour : serve);
}

/** First byte that is asked for. */
export function startOf(request: RecordedRequest): number {
  return Number(/^bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1] ?? 0);
}

/** The end of what is asked for, exclusive. */
export function endOf(request: RecordedRequest): number {
  const end = /^bytes=\d+-(\d+)$/.exec(request.headers.get('range') ?? '')?.[1];
  return end === undefined ? fileSize : Number(end) + 1;
}
