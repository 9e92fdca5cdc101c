import type { RecordedRequest } from '../fault-replies.ts';
import type { Script } from '../fault-server.ts';
import { type FaultScript, fault, first, middle, onResume, type Play, serve } from './script.ts';

const changes = { has: ['A', 'B'], ends: ['right', 'changed', 'network', 'protocol'] } as const;

/** Files that become others while they are fetched. */
export const changed: readonly FaultScript[] = [
  fault(
    'changed',
    'after the first connection was cut the file is another one, with another ETag',
    become('B'),
    changes,
  ),
  fault(
    'changed-if-range-ignored',
    'the file is another one, and the server ignores If-Range',
    become('B', { ifRange: false }),
    changes,
  ),
  fault('changed-length', 'the file is a longer one, with another ETag', become('longer', { ifRange: false }), {
    ...changes,
    has: ['A', 'longer'],
  }),
  fault('changed-shorter', 'the file is a shorter one, with another ETag', become('shorter', { ifRange: false }), {
    ...changes,
    has: ['A', 'shorter'],
  }),
  fault('changed-by-date', 'the file is another one, with another date; no ETag', become('B', { ifRange: false }), {
    ...changes,
    validators: 'date',
  }),
  fault('changed-weak', 'the file is another one, with another weak ETag', become('B'), {
    ...changes,
    validators: 'weak',
  }),
  fault('changed-same-weak', 'the file is another one under the same weak ETag', become('B'), {
    ...changes,
    validators: 'same weak',
  }),
  fault('changed-within-a-second', 'the file is another one, with the same date of just now', become('B'), {
    ...changes,
    validators: 'young date',
  }),
  fault('changed-unsaid', 'the file is another one of the same length, and nothing says so', become('B'), {
    ...changes,
    validators: 'none',
  }),
  fault('changed-unsaid-length', 'the file is a longer one, and nothing but its length says so', become('longer'), {
    ...changes,
    has: ['A', 'longer'],
    validators: 'none',
  }),
  fault('changed-same-etag-length', 'the file is a longer one under the same strong ETag', become('longer'), {
    ...changes,
    has: ['A', 'longer'],
    validators: 'same etag',
  }),
  fault(
    'changed-same-etag-checksum',
    'the file is another one under the same strong ETag and length; the user gave a checksum',
    become('B'),
    {
      validators: 'same etag',
      checksum: true,
      has: ['A'],
      ends: ['right', 'checksum'],
    },
  ),
  fault(
    'changed-at-once',
    'when 2.7 MB have left, the file is another one and all connections are reset',
    (play) => atOnce(play, true),
    changes,
  ),
  fault(
    'changed-for-new-connections',
    'when 1.8 MB have left, the file is another one; answers that run go on with the old one',
    (play) => atOnce(play, false),
    changes,
  ),
  fault('changed-for-new-unsaid', 'the same without validators', (play) => atOnce(play, false), {
    ...changes,
    validators: 'none',
  }),
  fault(
    'changed-twice',
    'each new answer is of the other one of two files, and is cut',
    ({ versions }) => {
      let number = 0;
      return () => {
        number += 1;
        return { do: 'cut', after: middle, as: versions[number % 2 === 1 ? 'A' : 'B'] };
      };
    },
    changes,
  ),
  fault(
    'two-servers',
    'behind one name are two servers with different files (by connection), with ETags',
    balanced('B', 2),
    changes,
  ),
  fault(
    'two-servers-if-range-ignored',
    'the same, and they ignore If-Range',
    balanced('B', 2, { ifRange: false }),
    changes,
  ),
  fault(
    'two-servers-unsaid',
    'two servers with different files of one length, without validators; the first answer is cut',
    (play) => cutThen(balanced('B', 2)(play), play),
    { ...changes, validators: 'none' },
  ),
  fault(
    'two-servers-lengths',
    'two servers with files of different length under the same strong ETag',
    balanced('longer', 2),
    { ...changes, has: ['A', 'longer'], validators: 'same etag' },
  ),
  fault('one-server-of-three', 'one server of three has an old file, with another ETag', balanced('B', 3), changes),
  fault(
    'new-etag-each-time',
    'the same file under another ETag in each answer; the first is cut',
    () => (request) => ({
      do: request.number === 1 ? 'cut' : 'serve',
      after: middle,
      as: { etag: `"${request.number}"` },
    }),
    { ends: ['right', 'changed'] },
  ),
  fault('weak-etag', 'a weak ETag; the first connection is cut', () => onResume(serve), { validators: 'weak' }),
  fault('no-validators', 'no validators; the first connection is cut', () => onResume(serve), { validators: 'none' }),
  fault('no-validators-no-ranges', 'no validators and no ranges; the first connection is cut', () => onResume(serve), {
    validators: 'none',
    claims: { ranges: false },
    ends: ['right', 'network'],
  }),
];

/** The first answer is of A and cut; from then on the server has `next`. */
function become(next: 'B' | 'longer' | 'shorter', as: { readonly ifRange?: boolean } = {}): FaultScript['play'] {
  return ({ versions }) =>
    first({ do: 'cut', after: middle, as: versions.A }, { do: 'serve', as: { ...versions[next], ...as } });
}

function atOnce({ server, versions }: Play, resets: boolean): Script {
  let isNew = false;
  const turned = (): boolean => {
    isNew ||= server.sent >= (resets ? 3 : 2) * middle;
    return isNew;
  };
  let number = 0;
  return () => {
    number += 1;
    if (turned()) return { do: 'serve', as: versions.B };
    if (resets) return { do: 'serve', as: versions.A, until: turned };
    return { do: number === 1 ? 'cut' : 'serve', after: 2 * middle, as: versions.A };
  };
}

/** Every connection whose number can be divided by `every` reaches the server with the other file. */
function balanced(other: 'B' | 'longer', every: number, as: { readonly ifRange?: boolean } = {}): FaultScript['play'] {
  return ({ versions }) =>
    ({ connection }: RecordedRequest) => ({
      do: 'serve',
      as: { ...versions[connection % every === 0 ? other : 'A'], ...as },
    });
}

function cutThen(then: Script, { versions }: Play): Script {
  return first({ do: 'cut', after: middle, as: versions.A }, then);
}
