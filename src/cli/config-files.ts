import type { Config } from '../config/config.ts';
import { explain } from './explain.ts';

/** What cannot be used of the files and the database that the configuration names, one sentence each with its key. Reads the files. */
export async function wrongFiles(config: Config): Promise<string[]> {
  return [...(await wrongAsked(config)), ...(await wrongSecrets(config)), ...(await wrongDatabase(config))];
}

/** Of what goes along with requests. */
async function wrongAsked({ http, hosts }: Config): Promise<string[]> {
  const named = [
    ['http.ca_file', http.ca_file, 'trust'],
    ['http.cookie_file', http.cookie_file, 'cookies'],
    ['http.netrc', http.netrc === false ? undefined : String(http.netrc), 'login'],
    ...Object.entries(hosts).map(([name, { ca_file }]) => [`hosts[${name}][ca_file]`, ca_file, 'trust'] as const),
  ] as const;
  if (named.every(([, path]) => path === undefined)) return [];
  const [{ AskerFiles }, { realDisk }] = await Promise.all([
    import('../sources/http/asker-files.ts'),
    import('../disk/real-disk.ts'),
  ]);
  const files = new AskerFiles(realDisk);
  const wrong: string[] = [];
  for (const [key, path, use] of named) {
    if (path === undefined) continue;
    const why = await whyNot(() => (use === 'login' ? files.login(path, '') : files[use](path)));
    if (why !== undefined) wrong.push(`${key}: ${why}`);
  }
  return wrong;
}

async function wrongSecrets({ mega, qbittorrent, extract, sftp }: Config): Promise<string[]> {
  const named = Object.entries({
    'mega.password_file': mega.password_file,
    'qbittorrent.password_file': qbittorrent.password_file,
    'extract.password_file': extract.password_file,
    'sftp.key_file': sftp.key_file,
  });
  if (named.every(([, path]) => path === undefined)) return [];
  const { realDisk } = await import('../disk/real-disk.ts');
  const wrong: string[] = [];
  for (const [key, path] of named) {
    const text = path === undefined ? path : await realDisk.readText(path).catch(() => undefined);
    if (path !== undefined && text === undefined) wrong.push(`${key}: ${path} cannot be read`);
  }
  return wrong;
}

async function wrongDatabase({ database }: Config): Promise<string[]> {
  const named = Object.entries({ 'database.url': database.url, 'database.owner_url': database.owner_url });
  if (named.every(([, url]) => url === undefined)) return [];
  const { addressOf } = await import('../store/postgres/address.ts');
  const wrong: string[] = [];
  for (const [key, url] of named) {
    const why = url === undefined ? url : await whyNot(() => addressOf(url, key));
    if (why !== undefined) wrong.push(why);
  }
  return wrong;
}

async function whyNot(use: () => unknown): Promise<string | undefined> {
  try {
    await use();
    return undefined;
  } catch (error) {
    const explained = explain(error);
    if (!explained) throw error;
    return explained.message;
  }
}
