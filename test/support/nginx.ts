import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { freePort, startServer } from './servers.ts';
import { pathTells } from './tells.ts';

export interface NginxOptions {
  /** Bytes/s of each connection, in nginx's words: `20m`. */
  readonly limitRate?: string;
  /** What the kernel keeps of each connection before it is sent, in nginx's words: `32k`. Left out: megabytes. */
  readonly sendBuffer?: string;
  /** Serves over TLS. */
  readonly certificate?: Certificate;
  /** Left out: loopback. */
  readonly address?: string;
  /** More lines for the `http` block. */
  readonly http?: string;
  /** More lines for the `server` block. */
  readonly extra?: string;
}

export interface LoggedRequest {
  readonly request: string;
  readonly status: number;
  /** `bytes=…`, or empty. */
  readonly range: string;
  readonly bytesSent: number;
  /** From its first byte to its last, handed to the kernel; epoch ms. */
  readonly from: number;
  readonly to: number;
  /** The User-Agent, or empty. */
  readonly agent: string;
}

export interface Nginx {
  /** `http://ADDRESS:PORT`, without a slash at the end. */
  readonly url: string;
  /** The folder it serves; put files there. */
  readonly root: string;
  readonly pid: number;
  /** The requests that have ended so far, oldest first. */
  requests(): Promise<LoggedRequest[]>;
  /** Waits until so many requests have ended, also by a client that went away. */
  ended(count: number): Promise<void>;
  /** Also removes what it wrote and serves. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts an nginx of our own: own configuration, own folder, free port, on one address, which is loopback unless asked for. */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  const prefix = await mkdtemp(join(tmpdir(), 'longhaul-nginx-'));
  const [root, log] = [join(prefix, 'files'), join(prefix, 'access.log')];
  await mkdir(root);
  const { address = '127.0.0.1' } = options;
  const port = await freePort(address);
  const config = join(prefix, 'nginx.conf');
  await writeFile(config, configuration(prefix, `${address}:${port}`, options));
  const server = await startServer('nginx', port, ['-p', prefix, '-e', 'stderr', '-c', config], { address }).catch(
    async (error: unknown) => {
      await rm(prefix, { recursive: true, force: true });
      throw error;
    },
  );
  return {
    url: `${options.certificate ? 'https' : 'http'}://${address}:${port}`,
    root,
    pid: server.pid,
    requests: () => logged(log),
    async ended(count) {
      await pathTells(log, async () => ((await logged(log)).length >= count ? true : undefined));
    },
    async stop() {
      await server.stop();
      await rm(prefix, { recursive: true, force: true });
    },
  };
}

function configuration(
  prefix: string,
  place: string,
  { limitRate, sendBuffer, certificate, http, extra }: NginxOptions,
): string {
  const tls = certificate ? `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};` : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(prefix, kind)};`)
    .join('\n  ');
  return `daemon off;
master_process off;
pid ${join(prefix, 'nginx.pid')};
events { worker_connections 2048; }
http {
  ${temporary}
  log_format longhaul '$request\\t$status\\t$http_range\\t$body_bytes_sent\\t$msec\\t$request_time\\t$http_user_agent';
  access_log ${join(prefix, 'access.log')} longhaul;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  ${http ?? ''}
  types { text/html html; }
  server {
    listen ${place}${certificate ? ' ssl' : ''}${sendBuffer ? ` sndbuf=${sendBuffer}` : ''};
    ${tls}
    root ${join(prefix, 'files')};
    ${limitRate ? `limit_rate ${limitRate};` : ''}
    ${extra ?? ''}
  }
}
`;
}

async function logged(path: string): Promise<LoggedRequest[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [request = '', status, range = '', bytesSent, end, took, agent = ''] = line.split('\t');
      const to = Number(end) * 1000;
      return {
        request,
        status: Number(status),
        range: range === '-' ? '' : range,
        bytesSent: Number(bytesSent),
        from: to - Number(took) * 1000,
        to,
        agent,
      };
    });
}

/** Fills a file with bytes that differ everywhere; returns its SHA-256 in hex. */
export function makeFile(path: string, bytes: number): string {
  const script = `
    const { createHash, createCipheriv } = require('node:crypto');
    const { openSync, writeSync, closeSync } = require('node:fs');
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
    const hash = createHash('sha256');
    const file = openSync(process.argv[1], 'w');
    for (let left = Number(process.argv[2]); left > 0; left -= 1 << 20) {
      const bytes = cipher.update(Buffer.alloc(Math.min(left, 1 << 20)));
      hash.update(bytes);
      writeSync(file, bytes);
    }
    closeSync(file);
    process.stdout.write(hash.digest('hex'));`;
  const done = spawnSync(process.execPath, ['-e', script, path, String(bytes)], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}
