import type { Config } from '../../config/config.ts';
import { settingsOfHost } from '../../config/hosts.ts';
import type { DownloadOptions } from '../../downloads/download.ts';
import { hostAndPort } from '../../net/endpoint.ts';
import type { AskerFiles } from '../http/asker-files.ts';
import type { FileLink } from './file-link.ts';

/** What a person said of a host that is no web server. */
export interface HostAnswers {
  /** Undefined: nobody said. */
  readonly user?: string;
  readonly password?: string;
  /** A URL or `none`. */
  readonly proxy: string;
  readonly fingerprint?: string;
}

/** User name and password: of the link, else of the download, else of a netrc file. */
export async function answersFor(
  link: FileLink,
  options: DownloadOptions,
  config: Pick<Config, 'http' | 'hosts'>,
  files: AskerFiles,
): Promise<HostAnswers> {
  const host = settingsOfHost(config.hosts, hostAndPort(link));
  const netrc = options.netrcFile ?? (config.http.netrc === false ? undefined : String(config.http.netrc));
  const fingerprint = options.fingerprint ?? host.fingerprint;
  const common = {
    proxy: options.proxy ?? host.proxy ?? config.http.proxy ?? 'none',
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  if (link.password !== '') return { ...common, user: link.user, password: link.password };
  if (options.user !== undefined && (link.user === '' || link.user === options.user)) {
    return { ...common, user: options.user, password: options.password ?? '' };
  }
  const login = netrc === undefined ? undefined : await files.login(netrc, link.host);
  if (login && (link.user === '' || link.user === login.login))
    return { ...common, user: login.login, password: login.password };
  return link.user === '' ? common : { ...common, user: link.user };
}
