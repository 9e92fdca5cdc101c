import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '../../test/support/certificate.ts';
import { makeFile, type NginxOptions, startNginx } from '../../test/support/nginx.ts';
import { type Command, costOf } from '../measure.ts';
import {
  type Contender,
  cpuWithin,
  faster,
  type Goal,
  type Prepared,
  type Row,
  type Stage,
  wallWithin,
} from '../row.ts';

const bytes = 2 ** 30;

/** A contender whose command leaves `out.bin` of `size` bytes in the folder. */
function fetcher(stage: Stage, name: string, command: Command, size: number): Contender {
  const path = join(stage.folder, 'out.bin');
  return {
    name,
    async run() {
      const cost = await costOf(stage.tools, { cwd: stage.folder, ...command });
      const got = statSync(path).size;
      rmSync(path);
      if (got !== size) throw new Error(`${name} delivered ${got} bytes of ${size}`);
      return cost;
    },
  };
}

/** `longhaul get` as a user has it: with its database, which the runs share. */
function longhaulGet(
  stage: Stage,
  link: string,
  more: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Contender {
  const argv = [...stage.longhaul, 'get', link, '-o', 'out.bin', ...more];
  return fetcher(stage, 'longhaul', { argv, env: { LONGHAUL_HOME: join(stage.folder, 'home'), ...env } }, bytes);
}

interface Served {
  readonly stage: Stage;
  readonly link: string;
  /** Of the file, hex. */
  readonly digest: string;
  /** Environment that makes Longhaul trust the server. */
  readonly trust: Readonly<Record<string, string>>;
  readonly caFile: string;
  plain(name: string, ...argv: readonly string[]): Contender;
}

/** A row over one file of 1 GiB from nginx. */
function oneFile(
  row: Pick<Row, 'name' | 'what' | 'rounds'>,
  server: NginxOptions & { readonly tls?: boolean },
  contenders: (served: Served) => readonly Contender[],
  goals: readonly Goal[],
): Row {
  return {
    ...row,
    async prepare(stage): Promise<Prepared> {
      const authority = server.tls ? makeAuthority() : undefined;
      const certificate = authority?.issue('IP:127.0.0.1');
      const nginx = await startNginx({ ...server, ...(certificate ? { certificate } : {}) });
      const digest = makeFile(join(nginx.root, 'file.bin'), bytes);
      const caFile = authority?.caFile ?? '';
      const served: Served = {
        stage,
        link: `${nginx.url}/file.bin`,
        digest,
        caFile,
        trust: authority ? { LONGHAUL_HTTP_CA_FILE: caFile } : {},
        plain: (name, ...argv) => fetcher(stage, name, { argv }, bytes),
      };
      return {
        contenders: contenders(served),
        goals,
        async stop() {
          await nginx.stop();
          authority?.remove();
        },
      };
    },
  };
}

const aria2 = ['aria2c', '-q', '--no-conf', '--file-allocation=none', '-o', 'out.bin'];

export const oneConnection = oneFile(
  { name: 'one-connection', what: '1 GiB over plain HTTP and one connection to disk.', rounds: 7 },
  {},
  ({ stage, link, plain }) => [
    longhaulGet(stage, link, ['--connections', '1']),
    plain('curl', 'curl', '-s', '-o', 'out.bin', link),
    plain('aria2', ...aria2, '-x1', '-s1', link),
    plain('wget2', 'wget2', '-q', '-O', 'out.bin', link),
    plain('C', stage.tools.fetch, new URL(link).port, '/file.bin', 'out.bin'),
  ],
  [wallWithin('C', 1.15), faster('curl', 1.5), faster('aria2', 1.8), faster('wget2', 1.2), cpuWithin('curl', 0.65)],
);

export const oneConnectionTls = oneFile(
  { name: 'tls', what: '1 GiB over TLS and one connection to disk.', rounds: 5 },
  { tls: true },
  ({ stage, link, trust, caFile, plain }) => [
    longhaulGet(stage, link, ['--connections', '1'], trust),
    plain('curl', 'curl', '-s', '--cacert', caFile, '-o', 'out.bin', link),
    plain('aria2', ...aria2, '-x1', '-s1', `--ca-certificate=${caFile}`, link),
  ],
  [faster('curl', 1.1), faster('aria2', 1.25)],
);

const sixteen = { LONGHAUL_HTTP_CONNECTIONS_PER_HOST: '16' };
/** What sixteen connections of 20 MiB/s bring together at most. */
const sumOfSixteen = 16 * 20 * 2 ** 20;

export const sixteenLimited = oneFile(
  {
    name: 'sixteen-limited',
    what: '1 GiB over 16 connections, each of which the server limits to 20 MiB/s.',
    rounds: 5,
  },
  { limitRate: '20m' },
  ({ stage, link, plain }) => [
    longhaulGet(stage, link, ['--connections', '16'], sixteen),
    plain('aria2', ...aria2, '-x16', '-s16', '-k1M', link),
  ],
  [
    {
      text: 'the sum of what the connections may bring',
      figure: (of) => bytes / sumOfSixteen / (of.longhaul?.wall ?? Number.NaN),
      least: 0.95,
      unit: '×',
    },
    cpuWithin('aria2', 0.4),
  ],
);

export const sixteenUnlimited = oneFile(
  { name: 'sixteen', what: '1 GiB with up to 16 connections and no limit.', rounds: 5 },
  {},
  ({ stage, link, plain }) => [
    longhaulGet(stage, link, ['--connections', '16'], sixteen),
    plain('aria2', ...aria2, '-x16', '-s16', '-k1M', link),
  ],
  [faster('aria2', 2)],
);

export const checksummed = oneFile(
  { name: 'checksum', what: '1 GiB with its SHA-256 checked.', rounds: 5 },
  {},
  ({ stage, link, digest, plain }) => [
    longhaulGet(stage, link, ['--checksum', `sha-256=${digest}`]),
    plain('aria2', ...aria2, `--checksum=sha-256=${digest}`, link),
  ],
  [faster('aria2', 3)],
);

export const checkpoints = oneFile(
  { name: 'checkpoints', what: '1 GiB over one connection, with checkpoints and without.', rounds: 7 },
  {},
  ({ stage, link }) => [
    longhaulGet(stage, link, ['--connections', '1']),
    {
      ...longhaulGet(stage, link, ['--connections', '1'], {
        LONGHAUL_CHECKPOINT_BYTES: '100GB',
        LONGHAUL_CHECKPOINT_INTERVAL: '1h',
      }),
      name: 'without',
    },
  ],
  [{ ...wallWithin('without', 1.1), text: 'wall time without checkpoints' }],
);
