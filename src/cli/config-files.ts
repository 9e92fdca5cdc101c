import type { Config } from '../config/config.ts';
import { explain } from './explain.ts';

/** What cannot be used of the files that the configuration names, one sentence each with its key. Reads them. */
export async function wrongFiles({ http, hosts }: Config): Promise<string[]> {
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
    try {
      await (use === 'login' ? files.login(path, '') : files[use](path));
    } catch (error) {
      const explained = explain(error);
      if (!explained) throw error;
      wrong.push(`${key}: ${explained.message}`);
    }
  }
  return wrong;
}
