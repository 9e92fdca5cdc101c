import * as z from 'zod';
import { choice, duration, orOff, rate, seed, text, trueOrFalse, wholeNumber } from './values.ts';

/** How torrents come, and go out again. */
export const torrent = z
  .strictObject({
    engine: choice(['embedded', 'qbittorrent'])
      .prefault('embedded')
      .describe(
        'Who fetches torrents that are added from now on. qbittorrent: a qBittorrent that runs beside Longhaul; which trackers, peers and web seeds it talks to is up to its own settings.',
      ),
    port: wholeNumber(0, 65_534)
      .prefault(6881)
      .describe('The port where peers are listened to; private torrents take the next one. 0: any that is free.'),
    trackers: trueOrFalse().prefault(true).describe('Ask trackers for peers.'),
    dht: trueOrFalse()
      .prefault(true)
      .describe('Look for peers in the distributed table (DHT); never for private torrents.'),
    dht_bootstrap: z
      .array(
        text('a node such as router.bittorrent.com:6881', /^(?!-)[A-Za-z0-9.-]{1,253}:[1-9]\d{0,4}$/),
        'must be a list of nodes, such as [router.bittorrent.com:6881]',
      )
      .prefault(['router.bittorrent.com:6881', 'router.utorrent.com:6881', 'dht.transmissionbt.com:6881'])
      .describe('The nodes by which the distributed table is entered; in a network of its own, those of that network.'),
    pex: trueOrFalse().prefault(true).describe('Let peers tell of others (PEX); never for private torrents.'),
    lsd: trueOrFalse()
      .prefault(true)
      .describe('Look for peers in the local network (LSD); never for private torrents.'),
    web_seeds: trueOrFalse().prefault(true).describe('Fetch from the web servers that a torrent names, too.'),
    nat: trueOrFalse().prefault(false).describe('Ask the router to let peers in (UPnP, NAT-PMP).'),
    upload_rate: rate().prefault('off').describe('Send peers no more than this a second, all together. off: no limit.'),
    seed: seed()
      .prefault('off')
      .describe(
        'How long a complete torrent is sent to others, by longhaul serve: a ratio (1.5), a time (2h), both (1.5,2h: until the first of them), forever, or off.',
      ),
    idle_after: orOff(duration({ least: 1000 }), 'a duration such as 1m')
      .prefault('1m')
      .describe(
        'A torrent that gets nothing for so long, since nobody sends or nobody tells what it contains, goes on without a slot. off: it keeps its slot.',
      ),
    metadata_timeout: duration({ least: 1000 })
      .prefault('10m')
      .describe('How long peers are asked what a magnet link contains before others get the slot; then again later.'),
    allow_private: trueOrFalse()
      .prefault(false)
      .describe('Trackers and web seeds may be in private networks, such as on this machine.'),
  })
  .describe('Torrents.');

/** The qBittorrent beside Longhaul. */
export const qbittorrent = z
  .strictObject({
    url: text('a URL that begins with http:// or https://', /^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/i)
      .prefault('http://127.0.0.1:8080')
      .describe('Its web interface.'),
    username: text('a user name').prefault('admin').describe('Who logs in there.'),
    password: text('a password').optional().describe('The password for it. Kept secret; better in password_file.'),
    password_file: text('a file').optional().describe('A file whose first line is the password.'),
    folder: text('a folder')
      .optional()
      .describe(
        'Where qBittorrent keeps what is not complete, on the same disk if possible; left out: a hidden folder where the download goes.',
      ),
    folder_there: text('a folder')
      .optional()
      .describe('What qBittorrent calls qbittorrent.folder, where it runs in a container.'),
  })
  .refine((given) => given.folder_there === undefined || given.folder !== undefined, {
    path: ['folder_there'],
    error: 'goes with qbittorrent.folder, the same folder as Longhaul sees it',
  })
  .describe('The qBittorrent that fetches torrents where torrent.engine is qbittorrent.');
