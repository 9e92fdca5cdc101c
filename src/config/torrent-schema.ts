import * as z from 'zod';
import { duration, rate, trueOrFalse, wholeNumber } from './values.ts';

/** How torrents come, and go out again. */
export const torrent = z
  .strictObject({
    port: wholeNumber(0, 65_534)
      .prefault(6881)
      .describe('The port where peers are listened to; private torrents take the next one. 0: any that is free.'),
    trackers: trueOrFalse().prefault(true).describe('Ask trackers for peers.'),
    dht: trueOrFalse()
      .prefault(true)
      .describe('Look for peers in the distributed table (DHT); never for private torrents.'),
    pex: trueOrFalse().prefault(true).describe('Let peers tell of others (PEX); never for private torrents.'),
    lsd: trueOrFalse()
      .prefault(true)
      .describe('Look for peers in the local network (LSD); never for private torrents.'),
    web_seeds: trueOrFalse().prefault(true).describe('Fetch from the web servers that a torrent names, too.'),
    nat: trueOrFalse().prefault(false).describe('Ask the router to let peers in (UPnP, NAT-PMP).'),
    upload_rate: rate().prefault('off').describe('Send peers no more than this a second, all together. off: no limit.'),
    metadata_timeout: duration({ least: 1000 })
      .prefault('10m')
      .describe('How long peers are asked what a magnet link contains before others get the slot; then again later.'),
    allow_private: trueOrFalse()
      .prefault(false)
      .describe('Trackers and web seeds may be in private networks, such as on this machine.'),
  })
  .describe('Torrents.');
