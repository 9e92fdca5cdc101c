import { test } from 'node:test';
import { capture, casesIn, judge } from '../support/ffmpeg-captures.ts';
import { mediaFolder } from '../support/media.ts';
import { needs } from '../support/needs.ts';

test(
  'what ffmpeg prints is understood: finished, unknown, thousands of times faster, stopped, killed, disk full, cut off',
  needs('ffmpeg', 'ffprobe'),
  async (t) => {
    const cases = casesIn(await mediaFolder(t)).filter(({ quick }) => quick);
    for (const one of cases) judge(one, await capture(one));
  },
);
