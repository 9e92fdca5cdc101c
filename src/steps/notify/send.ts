import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { ConnectionPool } from '../../net/pool.ts';
import { request } from '../../net/request.ts';
import { Routes } from '../../net/routes.ts';
import { textBody } from '../../net/send-body.ts';
import { TrustFiles } from '../../net/trust-files.ts';
import type { Clock } from '../../time/clock.ts';
import type { Message } from './message.ts';
import { postFor, type Target } from './posts.ts';

export interface SendParts {
  readonly config: Pick<Config, 'http' | 'hosts'>;
  readonly clock: Clock;
  readonly disk: Disk;
}

/** Longest wait while a body is sent, ms. */
const idleTimeout = 15_000;

/** Throws `Failure`, whose words name no secret; `retry` says whether it may go better at once. */
export async function send(target: Target, message: Message, parts: SendParts, signal: AbortSignal): Promise<void> {
  if (target.kind === 'email') return mail(target, message, parts, signal);
  const { config, clock, disk } = parts;
  const { url, headers, body } = postFor(target, message);
  const trust = new TrustFiles((path) => disk.readText(path));
  const { connect_timeout: connectTimeout, headers_timeout: answerTimeout, user_agent } = config.http;
  const pool = new ConnectionPool({ clock, connectTimeout, trust: (caFile) => trust.trust(caFile) });
  const routes = new Routes(config.http, config.hosts);
  try {
    // What it answers by a redirect is an error: the secrets would go along to somebody else.
    const answer = await request(
      { method: 'POST', url, headers: [['User-Agent', user_agent], ...headers], body: () => textBody(body) },
      { pool, clock, route: routes.routeFor(url), answerTimeout, idleTimeout, signal },
    );
    const { status } = answer.head;
    answer.abandon();
    if (status >= 200 && status < 300) return;
    const passing = status === 408 || status === 429 || status >= 500;
    throw new Failure(passing ? 'server' : 'refused', `${answer.place} answered ${status}`);
  } finally {
    pool.close();
  }
}

type MailTarget = Extract<Target, { readonly kind: 'email' }>;

async function mail(target: MailTarget, message: Message, { config }: SendParts, signal: AbortSignal): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const timeout = config.http.headers_timeout;
  const transport = createTransport({
    url: target.url,
    ...{ connectionTimeout: config.http.connect_timeout, greetingTimeout: timeout, socketTimeout: timeout },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const close = () => transport.close();
  signal.addEventListener('abort', close);
  try {
    await transport.sendMail({
      ...{ from: target.from, to: target.to, subject: message.title, text: message.text },
      // Servers drop a second message of the same id.
      messageId: `<${message.id}@longhaul>`,
    });
  } catch (error) {
    throw mailFailure(error, new URL(target.url).host);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** In words of ours: those of a mail server may hold addresses and names of users. */
function mailFailure(error: unknown, place: string): Failure {
  const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number };
  if (code === 'EAUTH') return new Failure('refused', `${place} refused the login`, { cause: error });
  if (code === 'ETLS') return new Failure('tls', `${place} does not speak TLS as it should`, { cause: error });
  if (responseCode !== undefined) {
    const passing = responseCode >= 400 && responseCode < 500;
    return new Failure(passing ? 'server' : 'refused', `${place} answered ${responseCode}`, { cause: error });
  }
  return new Failure('network', `${place} cannot be reached`, { cause: error });
}
