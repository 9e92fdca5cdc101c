import type { Metadata } from './download.ts';
import type { Status } from './states.ts';
import type { OperationProgress } from './tracker.ts';

/**
 * What can be told of a download. `state` is written by the one function that changes state; the
 * others are evidence along the way. Progress is never an event.
 */
export const eventKinds = [
  'added',
  'imported',
  'state',
  'wish',
  'limited',
  'changed',
  'resolved',
  'restarted',
  'adopted',
  'published',
  'warning',
  'removed',
  'recovered',
  'verified',
  'tidied',
  'step',
  'seeding',
] as const;
export type EventKind = (typeof eventKinds)[number];

/** One row of `events`; its id is the cursor. `at` is UTC epoch ms. */
export interface DownloadEvent {
  readonly id: number;
  readonly at: number;
  readonly downloadId: number;
  readonly uid: string;
  readonly kind: EventKind;
  readonly from: Status | null;
  readonly to: Status | null;
  /** Evidence: numbers and reasons, never secrets. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** The caller's own, as given when the download was added. */
  readonly metadata: Metadata;
  /** Of the download, as it is now; null without one, and when the download is gone. */
  readonly category: string | null;
}

/** Live progress of one running download; travels by callback, is never stored as an event. */
export interface ProgressReport {
  readonly downloadId: number;
  readonly uid: string;
  readonly name: string | null;
  readonly status: Status;
  /** Received so far, durable or not; bytes. */
  readonly bytes: number;
  readonly totalBytes: number | null;
  /** Smoothed, bytes/s. */
  readonly speed: number;
  /** Expected ms to the end; null while unknown. */
  readonly eta: number | null;
  readonly metadata: Metadata;
  /** What is at work now: the download itself or a step. The last of each operation is always told. */
  readonly progress: OperationProgress;
}
