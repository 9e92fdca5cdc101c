/**
 * The host that a link leads to, as slots and turns are counted: lower case, with its port where that is not the
 * usual one of the protocol; `-` for a link that names none (a magnet, a path).
 */
export function hostOf(link: string): string {
  const { hostname = '', port = '', protocol = '' } = URL.parse(link) ?? {};
  if (hostname === '') return noHost;
  const named = port === '' || port === defaultPorts[protocol] ? '' : `:${port}`;
  return `${hostname.toLowerCase()}${named}`;
}

const noHost = '-';

/** For protocols whose ports `URL` does not know, too. */
export const defaultPorts: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'ftp:': '21',
  'sftp:': '22',
};
