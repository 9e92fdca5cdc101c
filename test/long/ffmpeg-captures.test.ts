import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capture, casesIn, judge } from '../support/ffmpeg-captures.ts';
import { mediaFolder } from '../support/media.ts';
import { needs } from '../support/needs.ts';

test(
  'what ffmpeg prints is understood in more than thirty ways of running it',
  needs('ffmpeg', 'ffprobe'),
  async (t) => {
    const cases = casesIn(await mediaFolder(t));
    assert.ok(cases.length >= 30);
    for (const one of cases) judge(one, await capture(one));
  },
);
