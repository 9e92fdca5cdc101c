import { basename } from 'node:path';
import type { Metadata } from '../../downloads/download.ts';
import type { StepContext } from '../step.ts';

/** What there is to say, for every kind of target. */
export interface Message {
  readonly title: string;
  /** A few lines; no local paths, no secrets. */
  readonly text: string;
  /** Where others find it; undefined: nowhere. */
  readonly link: string | undefined;
  /** The same for one message however often it is sent. */
  readonly id: string;
  readonly facts: MessageFacts;
}

/** For programs. */
export interface MessageFacts {
  readonly uid: string;
  readonly name: string;
  readonly category: string | null;
  /** Bytes of all files. */
  readonly size: number;
  readonly link: string;
  readonly result_link: string | null;
  readonly files: readonly { readonly path: string; readonly size: number; readonly main: boolean }[];
  readonly metadata: Metadata;
}

/** Pure. */
export function messageOf(context: StepContext, formatBytes: (bytes: number) => string): Message {
  const { uid, name, category, files, link, resultLink, metadata, work } = context;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const lines = [
    `${formatBytes(size)}${files.length > 1 ? ` in ${files.length} files` : ''}`,
    ...(category === undefined ? [] : [`Category: ${category}`]),
    ...(resultLink === undefined ? [] : [resultLink]),
  ];
  return {
    title: `${name} is ready`,
    text: lines.join('\n'),
    link: resultLink,
    id: `${uid}-${basename(work)}`.replace(/[^\w-]/g, ''),
    facts: { uid, name, category: category ?? null, size, link, result_link: resultLink ?? null, files, metadata },
  };
}
