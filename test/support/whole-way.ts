import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CatboxServer, startCatbox } from './catbox-server.ts';
import { makeMedia, mediaFolder } from './media.ts';
import { type MegaServer, startMegaServer } from './mega-server.ts';
import { ownPlace, type Place } from './program.ts';

/** A film behind a MEGA link, ffmpeg, and a server that speaks catbox's form. */
export interface WholeWay {
  readonly place: Place;
  readonly mega: MegaServer;
  readonly catbox: CatboxServer;
  readonly link: string;
  /** Bytes of the film. */
  readonly size: number;
  /** What comes after the download. */
  readonly steps: readonly string[];
}

/** `seconds`: how long the film plays. */
export async function wholeWay(context: TestContext, seconds: number): Promise<WholeWay> {
  const folder = await mediaFolder(context);
  const bytes = await readFile(makeMedia(folder, 'film.mp4', { video: seconds, audio: seconds }));
  const place = await ownPlace();
  context.after(() => place[Symbol.asyncDispose]());
  const mega = await startMegaServer();
  context.after(() => mega.stop());
  const catbox = await startCatbox();
  context.after(() => catbox.stop());
  await mkdir(place.home);
  const config = {
    mega: { gateway: mega.gateway },
    upload: { hosts: { catbox: { url: catbox.api } } },
    checkpoint: { bytes: 100_000, interval: '1s' },
  };
  await writeFile(join(place.home, 'config.yaml'), JSON.stringify(config));
  const link = await mega.shareFile('film.mp4', bytes);
  return { place, mega, catbox, link, size: bytes.length, steps: ['convert=aac:128', 'upload=catbox'] };
}
