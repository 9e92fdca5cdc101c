import { always, endOf, type FaultScript, fault, onResume, startOf } from './script.ts';
import { fileSize } from './versions.ts';

const some = { ends: ['right', 'protocol', 'network'] } as const;

/** Answers to a range that are not what was asked for; the first connection is cut, so that everybody has to ask. */
export const ranges: readonly FaultScript[] = [
  fault('range-early', 'ranges begin 5000 bytes before what was asked for, and say so (allowed)', () =>
    onResume({ do: 'early', by: 5000 }),
  ),
  fault(
    'range-late',
    'ranges begin 5000 bytes behind what was asked for, and say so',
    () => onResume({ do: 'early', by: -5000 }),
    some,
  ),
  fault('range-short', 'ranges end after at most 200 kB, and say so (allowed)', () =>
    onResume({ do: 'short', most: 200_000 }),
  ),
  fault('range-total', 'ranges claim a file that is 7 bytes longer', () => onResume({ do: 'total', by: 7 }), {
    ends: ['right', 'changed'],
  }),
  fault('range-total-star', 'ranges do not say how long the file is (allowed)', () =>
    onResume({ do: 'total', by: '*' }),
  ),
  fault('range-unsaid', '206 without Content-Range', () => onResume({ do: 'range', claim: null }), some),
  fault(
    'range-malformed',
    '206 with a Content-Range that nobody can read',
    () => onResume({ do: 'range', claim: 'bytes=900000' }),
    some,
  ),
  fault(
    'range-impossible',
    '206 with a Content-Range that ends before it begins',
    () => onResume({ do: 'range', claim: `bytes 900000-5/${fileSize}` }),
    some,
  ),
  fault(
    'range-other-unit',
    '206 whose Content-Range counts in lines',
    () =>
      onResume((request) => ({ do: 'range', claim: `lines ${startOf(request)}-${endOf(request) - 1}/${fileSize}` })),
    some,
  ),
  fault('range-multipart', 'one range, wrapped as multipart/byteranges', () => onResume({ do: 'multipart' }), some),
  fault(
    'range-length',
    '206 whose Content-Length is 10 bytes less than its Content-Range',
    () => onResume((request) => ({ do: 'length', announce: endOf(request) - startOf(request) - 10 })),
    some,
  ),
  fault('range-from-0', '206 that says that it begins at 0, and does', () => onResume({ do: 'early', by: fileSize })),
  fault('range-ignored', '200 with the whole file to every range', () => always({ do: 'cut', after: 6_000_000 }), {
    claims: { ranges: false },
    ends: ['network'],
  }),
  fault('range-ignored-once-cut', '200 with the whole file to every range; the first is cut', () =>
    onResume({ do: 'serve', as: { ranges: false } }),
  ),
  fault('range-unasked', '206 of the whole file, although no range was asked for', () => always({ do: 'unasked' })),
  fault(
    'range-unasked-part',
    '206 of the first MB, although no range was asked for',
    () => always({ do: 'unasked', most: 1_000_000 }),
    {
      ends: ['right', 'server', 'protocol'],
    },
  ),
  fault(
    'range-shifted',
    'ranges hold the bytes from 100 kB further on, without validators',
    () => onResume({ do: 'shifted', by: 100_000 }),
    { validators: 'none', ends: ['right', 'changed', 'network'] },
  ),
  fault(
    'range-from-0-unsaid',
    'ranges hold the beginning of the file but claim what was asked for, without validators',
    () => onResume((request) => ({ do: 'shifted', by: fileSize - startOf(request) })),
    { validators: 'none', ends: ['right', 'changed', 'network'] },
  ),
  fault(
    'range-shifted-checksum',
    'ranges hold the bytes from 100 kB further on; the user gave a checksum',
    () => onResume({ do: 'shifted', by: 100_000 }),
    { checksum: true, ends: ['right', 'checksum'] },
  ),
];
