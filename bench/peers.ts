import { join, resolve } from 'node:path';
import { digestOfA } from '../test/support/faults/stage.ts';

const program = resolve(import.meta.dirname, '../dist/main.js');

/** What a program has to fetch, and how. */
export interface Errand {
  readonly link: string;
  /** An empty folder of its own at first; the file is to become `file.bin` in it. */
  readonly folder: string;
  /** Certificate authority that is to be trusted. */
  readonly caFile: string | undefined;
  /** The user names the file's digest. */
  readonly checksum: boolean;
}

/** A program that is tried on the fault scripts. */
export interface Peer {
  readonly name: string;
  /** Command lines of the first run; undefined where the program has no such option. */
  first(errand: Errand): readonly (readonly string[])[] | undefined;
  /** Command lines of a further run over what the earlier one left. */
  again(errand: Errand): readonly (readonly string[])[];
  readonly env?: Readonly<Record<string, string>>;
}

const patience = {
  LONGHAUL_HTTP_CONNECTIONS_AFTER: '0s',
  LONGHAUL_HTTP_CONNECT_TIMEOUT: '3s',
  LONGHAUL_HTTP_HEADERS_TIMEOUT: '3s',
  LONGHAUL_HTTP_IDLE_TIMEOUT: '3s',
  LONGHAUL_HTTP_LOW_SPEED: '20KiB',
  LONGHAUL_HTTP_LOW_SPEED_TIME: '3s',
  LONGHAUL_RETRY_MAX_TRIES: '2',
  LONGHAUL_RETRY_FIRST_WAIT: '1s',
  LONGHAUL_RETRY_LONGEST_WAIT: '1s',
};

function longhaul(connections: number): Peer {
  const home = ({ folder }: Errand): string => join(folder, '.home');
  const trust = ({ caFile }: Errand): string[] => (caFile === undefined ? [] : ['--set', `http.ca_file=${caFile}`]);
  return {
    name: `Longhaul, ${connections}`,
    env: patience,
    first: (errand) => {
      const many = ['--connections', String(connections), '--wait', '10s'];
      const checksum = errand.checksum ? ['--checksum', `sha-256=${digestOfA}`] : [];
      const start = [process.execPath, program, '--home', home(errand), ...trust(errand)];
      return [[...start, 'get', errand.link, ...many, ...checksum]];
    },
    again: (errand) => {
      const start = [process.execPath, program, '--home', home(errand), ...trust(errand)];
      return [
        [...start, 'retry', '1'],
        [...start, 'resume-downloads', '--wait', '10s'],
      ];
    },
  };
}

/** A program that is run again as it was run at first. */
function plain(name: string, command: (errand: Errand) => readonly string[] | undefined): Peer {
  const lines = (errand: Errand) => {
    const line = command(errand);
    return line && [line];
  };
  return { name, first: lines, again: (errand) => lines(errand) ?? [] };
}

function aria2(connections: number): Peer {
  const given = ['-c', `-x${connections}`, `-s${connections}`, '-k1M', '--file-allocation=none', '-o', 'file.bin'];
  const limits = ['--connect-timeout=3', '--timeout=3', '--lowest-speed-limit=20K', '--max-tries=2', '--retry-wait=1'];
  return plain(`aria2, ${connections}`, ({ link, caFile, checksum }) => [
    'aria2c',
    ...given,
    ...limits,
    ...(caFile === undefined ? [] : [`--ca-certificate=${caFile}`]),
    ...(checksum ? [`--checksum=sha-256=${digestOfA}`] : []),
    link,
  ]);
}

const curl = plain('curl', ({ link, caFile, checksum }) => {
  if (checksum) return undefined;
  const limits = '--connect-timeout 3 --speed-limit 20480 --speed-time 3 --retry 2 --retry-delay 1 --retry-max-time 10';
  const trust = caFile === undefined ? [] : ['--cacert', caFile];
  return ['curl', '-fsSL', '-C', '-', '-O', ...limits.split(' '), ...trust, link];
});

function wget(command: string): Peer {
  return plain(command, ({ link, caFile, checksum }) => {
    if (checksum) return undefined;
    const trust = caFile === undefined ? [] : [`--ca-certificate=${caFile}`];
    return [command, '-c', '--timeout=3', '--tries=2', '--waitretry=1', '--no-hsts', ...trust, link];
  });
}

/** In the order of the table's columns. */
export const peers: readonly Peer[] = [
  ...[1, 4, 8].map(longhaul),
  aria2(1),
  aria2(8),
  curl,
  wget('wget'),
  wget('wget2'),
];
