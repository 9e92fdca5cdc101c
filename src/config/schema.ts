import * as z from 'zod';
import { convert, ffmpeg } from './convert.ts';
import { formatDuration } from './duration.ts';
import { hostPattern } from './hosts.ts';
import { keeps } from './keep.ts';
import { log } from './log-keys.ts';
import { priorityRange } from './priority.ts';
import { commands, extract, move, notify } from './step-keys.ts';
import { qbittorrent, torrent } from './torrent-schema.ts';
import { upload } from './upload.ts';
import { choice, duration, fileCount, orOff, rate, size, text, trueOrFalse, wholeNumber } from './values.ts';
import { timeWindow, timeZone } from './windows.ts';

const downloads = z
  .strictObject({
    directory: text('a folder')
      .prefault('~/Downloads')
      .describe(
        'Where downloads are delivered when no folder is asked for. `~` is the home folder; a relative path starts at the folder of this file.',
      ),
    file_mode: choice(['0600', '0640', '0644', '0660', '0664'])
      .prefault('0640')
      .describe(
        'Who may read and write what is delivered, less what the umask takes away. 0644: everybody on this machine may read it, such as a media server under a user of its own.',
      ),
  })
  .describe('Where things go.');

const queue = z
  .strictObject({
    slots: wholeNumber(1, 10_000)
      .prefault(4)
      .describe(
        'How many downloads run at the same time: all processes of this machine that run what belongs to nobody share them, each `get` has as many of its own.',
      ),
    steps: wholeNumber(1, 1000)
      .prefault(2)
      .describe(
        'How many downloads have their steps (convert, upload, …) at work at the same time, beside those that are fetched; shared as slots are.',
      ),
    slots_per_host: orOff(wholeNumber(1, 10_000), 'a whole number from 1 to 10000')
      .prefault('off')
      .describe('How many of them from one host, over all processes; hosts can differ in `hosts`. off: no limit.'),
    if_exists: choice(['ask', 'follow', 'new', 'skip'])
      .prefault('ask')
      .describe(
        'What is asked for and there already, by its link or by its name and size. follow: it is waited for, or has been delivered. skip: it is left alone. new: a download of its own. ask: an unfinished one is followed; for what was delivered somebody at a terminal is asked, otherwise it is downloaded again.',
      ),
  })
  .describe('What runs when.');

const limits = z
  .strictObject({
    rate: rate()
      .prefault('off')
      .describe('All downloads of this machine together fetch no more than this a second, such as 2MB. off: no limit.'),
    rate_per_download: rate().prefault('off').describe('The same for each single download.'),
    schedule: z
      .array(timeWindow(), 'must be a list of windows')
      .prefault([])
      .describe(
        'Hours in which another rate holds, such as [{ days: mon-fri, from: "08:00", to: "18:00", rate: 2MB }]. Rate 0: nothing runs; off: no limit. Where two overlap, the first counts.',
      ),
    schedule_time_zone: timeZone()
      .prefault('system')
      .describe('The time zone of the schedule, such as Europe/Berlin. system: the one of this machine.'),
  })
  .describe('How fast, and when. `longhaul limit` changes rates while downloads run.');

const retry = z
  .strictObject({
    max_tries: wholeNumber(1, 1000)
      .prefault(5)
      .describe('Tries without progress before a download has failed. Progress on disk starts the count again.'),
    first_wait: duration()
      .prefault('2s')
      .describe('Wait after the first failed try; it doubles with each further one.'),
    longest_wait: duration().prefault('10m').describe('The wait between two tries never gets longer than this.'),
  })
  .refine((given) => given.first_wait <= given.longest_wait, {
    path: ['first_wait'],
    error: (issue) =>
      `cannot be longer than retry.longest_wait (${formatDuration((issue.input as { longest_wait: number }).longest_wait)})`,
  })
  .describe('What happens after a failed try.');

const checkpoint = z
  .strictObject({
    bytes: size({ least: 1 }).prefault('10MB').describe('Record progress after this many bytes …'),
    interval: duration({ least: 1000 }).prefault('30s').describe('… or after this time, whichever comes first.'),
  })
  .describe('How often progress is made safe on disk. After a crash no more than this is fetched again.');

function headers() {
  const header = text('a header such as "X-Name: value"', /^[!#$%&'*+.^_`|~\w-]+:[^\0\r\n]*$/);
  return z.array(header, 'must be a list of headers');
}

function proxy() {
  return text(
    'a proxy such as http://HOST:PORT or socks5://HOST:PORT, or none',
    /^(?:none|(?:http|socks5h?):\/\/[^/?#\s]+\/?)$/i,
  );
}

const http = z
  .strictObject({
    connections: wholeNumber(1, 64).prefault(8).describe('Connections for one file at most.'),
    connections_per_host: wholeNumber(1, 256)
      .prefault(8)
      .describe('Connections to one host at most, over all downloads.'),
    connections_after: duration()
      .prefault('1s')
      .describe('A second connection is opened when the rest of the file would take longer than this. 0: at once.'),
    least_piece: size({ least: 65_536 }).prefault('1MiB').describe('A connection is never opened for less than this.'),
    connect_timeout: duration({ least: 1 }).prefault('10s').describe('Longest wait for a connection, TLS included.'),
    headers_timeout: duration({ least: 1 }).prefault('30s').describe('Longest wait for the beginning of an answer.'),
    idle_timeout: duration({ least: 1 }).prefault('60s').describe('Longest silence in the middle of an answer.'),
    low_speed: size()
      .prefault('1KiB')
      .describe('A connection slower than this many bytes a second … (0: never too slow)'),
    low_speed_time: duration({ least: 1000 }).prefault('120s').describe('… for this long is closed and opened again.'),
    user_agent: text('a text')
      .prefault('longhaul/{version}')
      .describe('The User-Agent header. `{version}` stands for the version of Longhaul.'),
    max_redirects: wholeNumber(0, 100).prefault(10).describe('How many redirects are followed, one after the other.'),
    headers: headers()
      .prefault([])
      .describe('Headers sent with every request, each as "Name: value". Their values are kept secret.'),
    allow_downgrade: trueOrFalse().prefault(false).describe('Follow a redirect from https to http.'),
    ca_file: text('a file')
      .optional()
      .describe('A PEM file of certificate authorities that are trusted beside the usual ones.'),
    proxy: proxy()
      .optional()
      .describe(
        'Go through this proxy: http://HOST:PORT or socks5://HOST:PORT. Variables such as http_proxy are never looked at. Its password is kept secret.',
      ),
    netrc: z
      .union([trueOrFalse(), text('a file')], 'must be true, false, or a netrc file')
      .prefault(false)
      .describe('Take user names and passwords from a netrc file. true: ~/.netrc.'),
    cookie_file: text('a file').optional().describe('Send the cookies of this Netscape cookie file where they belong.'),
  })
  .describe('Downloads over HTTP.');

const host = z.strictObject({
  headers: headers().optional().describe('Headers sent to this host beside those of http.headers.'),
  user_agent: text('a text').optional(),
  referer: text('a text').optional(),
  connections: wholeNumber(1, 256).optional().describe('Connections to this host at most, over all downloads.'),
  rate: rate().optional().describe('All downloads from this host together fetch no more than this a second.'),
  slots: wholeNumber(1, 10_000).optional().describe('Downloads from this host at the same time at most.'),
  proxy: proxy().optional().describe('A proxy for this host; none: through no proxy.'),
  ca_file: text('a file').optional().describe('Authorities that are trusted for this host beside the usual ones.'),
  fingerprint: text(
    'a fingerprint such as sha256/ and 43 characters of base64',
    /^\s*sha256(?:\/\/?|:)[A-Za-z0-9+/]{43}=?\s*$/i,
  )
    .optional()
    .describe('The key that this host must show (TLS or SSH); nothing else is asked of its certificate then.'),
});

const hosts = z
  .record(
    text('a host such as example.org, "*.example.org" or example.org:8443', hostPattern),
    host,
    'must be hosts with their settings, such as example.org: { connections: 2 }',
  )
  .prefault({})
  .describe(
    'What differs for single hosts, such as { example.org: { connections: 2, user_agent: x, rate: 1MB, slots: 1 } }; also headers, referer, proxy, ca_file, fingerprint. "*.example.org" means every host below example.org, example.org:8443 only this port; the more exact one counts.',
  );

const category = z.strictObject({
  directory: text('a folder')
    .optional()
    .describe('Where its downloads are delivered when no folder is asked for; written as downloads.directory.'),
  rate: rate().optional().describe('All its downloads together fetch no more than this a second.'),
  slots: wholeNumber(1, 10_000).optional().describe('So many of its downloads run at the same time at most.'),
  priority: wholeNumber(priorityRange.least, priorityRange.most)
    .optional()
    .describe('The priority of its downloads when none is asked for.'),
  steps: z
    .array(text('a step such as convert=aac:128'), 'must be a list of steps, such as [convert=aac:128, upload=catbox]')
    .optional()
    .describe('What is done with its downloads when their bytes are in place, where nothing else is asked for.'),
  keep: choice(keeps).optional().describe('What of its downloads stays on disk after the last step.'),
});

const categories = z
  .record(
    text('a name of letters, digits, -, _ and ., of at most 64', /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$/u),
    category,
    'must be categories with their settings, such as films: { directory: ~/films }',
  )
  .prefault({})
  .describe(
    'Kinds of downloads, chosen with --category, such as { films: { directory: ~/films, rate: 5MB, slots: 2, priority: 10 } }. steps: [convert=aac:128] says what is done with what was downloaded, keep what stays on disk then (source, result, both, none).',
  );

const mega = z
  .strictObject({
    engine: choice(['embedded', 'megacmd'])
      .prefault('embedded')
      .describe(
        'Who fetches what is added from now on. megacmd: the program mega-get of MEGAcmd, with the account it is logged in to.',
      ),
    program: text('a program')
      .prefault('mega-get')
      .describe('mega-get of MEGAcmd: a name that is looked for in PATH, or where it stands.'),
    idle_timeout: duration({ least: 1000 })
      .prefault('5m')
      .describe('Longest time in which mega-get neither says nor writes anything.'),
    gateway: text(
      'a URL that begins with https:// or http:// and ends with /',
      /^https?:\/\/[^/?#\s@]+\/(?:[^?#\s]*\/)?$/i,
    )
      .prefault('https://g.api.mega.co.nz/')
      .describe('The server that is asked about MEGA links.'),
    email: text('an e-mail address', /^[^\s@]+@[^\s@]+$/)
      .optional()
      .describe('The account whose transfer quota is used; left out: none. It needs password or password_file.'),
    password: text('a password, in quotes where it is a number')
      .optional()
      .describe('Its password; better in LONGHAUL_MEGA_PASSWORD, or in password_file. Kept secret.'),
    password_file: text('a file').optional().describe('A file whose first line is the password.'),
    totp: text(
      'a code of six digits, or the key in base32 from which codes are made, in quotes',
      /^(?:\d{6}|(?:[A-Za-z2-7][\s-]?){16,128}=*)$/,
    )
      .optional()
      .describe(
        'For an account with two-factor authentication: a code of six digits, good for one login (the session is kept), or the key from which an app makes codes. Kept secret.',
      ),
  })
  .refine((given) => given.email === undefined || (given.password ?? given.password_file) !== undefined, {
    path: ['email'],
    error: 'needs mega.password or mega.password_file',
  })
  .describe('Downloads from MEGA.');

const sftp = z
  .strictObject({
    known_hosts: text('a file')
      .optional()
      .describe(
        'The OpenSSH file of host keys; left out: ~/.ssh/known_hosts. A host that is neither there nor has a fingerprint is refused.',
      ),
    key_file: text('a file').optional().describe('A private key to log in with, without a passphrase.'),
    agent: text('a socket, or none')
      .optional()
      .describe('The socket of an SSH agent; left out: $SSH_AUTH_SOCK. none: no agent.'),
  })
  .describe('Downloads over SFTP.');

const space = z
  .strictObject({
    headroom: z
      .union([z.literal('auto'), size()], 'must be auto, or a size such as 500MB')
      .prefault('auto')
      .describe('Space that is left free on the disk. auto: 500 MB or 5 % of the volume, whichever is smaller.'),
    check_every: duration({ least: 1000 }).prefault('30s').describe('How often free space is looked at.'),
  })
  .describe('Disk space.');

const hundredYears = 36_500 * 86_400_000;
const age = () => orOff(duration({ least: 60_000, most: hundredYears }), 'a duration such as 30d, from 1m to 36500d');
const amount = () => orOff(size({ least: 1 }), 'a size such as 500GB');

const retention = z
  .strictObject({
    max_files: fileCount()
      .prefault('off')
      .describe(
        'How many delivered downloads are kept: of more, the oldest are deleted from disk (their rows stay, as `cleaned`). true: 50. off: no limit.',
      ),
    max_bytes: amount()
      .prefault('off')
      .describe('How many bytes of delivered downloads are kept, such as 500GB; the newest download always stays.'),
    max_age: age().prefault('off').describe('How long a delivered download is kept, such as 30d.'),
    categories: z
      .record(
        text('the name of a category'),
        z.strictObject({
          max_files: fileCount().optional(),
          max_bytes: amount().optional(),
          max_age: age().optional(),
        }),
        'must be categories with their rules, such as films: { max_files: 20 }',
      )
      .prefault({})
      .describe(
        'Other rules for the downloads of single categories, such as { films: { max_files: 20, max_age: off } }. A category that is named here is counted for itself; a rule left out is the one above.',
      ),
    partials_after: age()
      .prefault('24h')
      .describe('What was fetched of failed downloads is deleted after this time; the rows stay, a retry begins anew.'),
    forget_failed_after: age()
      .prefault('off')
      .describe('The rows of failed and cancelled downloads are deleted, too, after this time.'),
  })
  .describe('What is deleted by itself: only what Longhaul delivered and nobody has changed since. Off unless set.');

const lease = z
  .strictObject({
    ttl: duration({ least: 1000 })
      .prefault('30s')
      .describe('An instance that was silent for this long has lost its downloads.'),
    heartbeat: duration({ least: 100 })
      .prefault('10s')
      .describe('How often an instance says that it is alive; at most a third of ttl.'),
    scan: duration({ least: 100 })
      .prefault('5s')
      .describe('How often the others look for downloads whose instance is gone.'),
  })
  .refine((given) => given.heartbeat * 3 <= given.ttl, {
    path: ['heartbeat'],
    error: (issue) =>
      `cannot be longer than a third of lease.ttl (${formatDuration(Math.floor((issue.input as { ttl: number }).ttl / 3))})`,
  })
  .refine((given) => given.scan <= given.ttl, {
    path: ['scan'],
    error: (issue) => `cannot be longer than lease.ttl (${formatDuration((issue.input as { ttl: number }).ttl)})`,
  })
  .describe('The right of an instance to work on a download. All instances of one database must agree on these.');

const store = z
  .strictObject({
    backups: wholeNumber(0, 365).prefault(7).describe('How many daily copies of the database are kept.'),
  })
  .describe('The database.');

const database = z
  .strictObject({
    url: text('a link such as postgres://USER:PASSWORD@HOST/DATABASE')
      .optional()
      .describe(
        'Keep everything in this PostgreSQL database, which several machines may share, instead of a file. Kept secret; docs/postgresql.md says more.',
      ),
    owner_url: text('a link such as postgres://OWNER:PASSWORD@HOST/DATABASE')
      .optional()
      .describe('The same database for a role that may make its tables, where that of url may not. Kept secret.'),
  })
  .describe('A database server.');

/**
 * The whole configuration: the one place where a key, its default, its limits and its description
 * are written. Durations come out as ms, sizes as bytes.
 */
export const schema = z
  .strictObject({
    version: z
      .literal(1, 'must be 1, the only version of this file so far')
      .prefault(1)
      .describe('Version of this file.'),
    downloads: downloads.prefault({}),
    queue: queue.prefault({}),
    limits: limits.prefault({}),
    retry: retry.prefault({}),
    checkpoint: checkpoint.prefault({}),
    http: http.prefault({}),
    hosts,
    categories,
    sftp: sftp.prefault({}),
    mega: mega.prefault({}),
    ffmpeg: ffmpeg.prefault({}),
    convert: convert.prefault({}),
    torrent: torrent.prefault({}),
    qbittorrent: qbittorrent.prefault({}),
    space: space.prefault({}),
    extract: extract.prefault({}),
    move: move.prefault({}),
    upload: upload.prefault({}),
    notify,
    commands,
    retention: retention.prefault({}),
    lease: lease.prefault({}),
    store: store.prefault({}),
    database: database.prefault({}),
    log: log.prefault({}),
  })
  .describe('Configuration of Longhaul.');
