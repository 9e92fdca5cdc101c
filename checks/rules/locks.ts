import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lock, missingEntries } from '../../build/complete-lock.ts';
import type { Rule } from '../project.ts';

export const locks: Rule = {
  name: 'locks',
  reason:
    '`npm ci` refuses a lock that lacks a platform, and a lock that names a registry works only where that one is reached: run `node build/complete-lock.ts`.',
  check({ root }) {
    const paths = ['package-lock.json', 'runtime/package-lock.json'].filter((path) => existsSync(join(root, path)));
    const findings = paths.flatMap((path) => {
      const lock = JSON.parse(readFileSync(join(root, path), 'utf8')) as Lock;
      const hosts = Object.entries(lock.packages).filter(([, entry]) => /^https?:/.test(String(entry.resolved ?? '')));
      return [
        ...[...missingEntries(lock).keys()].map((place) => `${path}: has no entry for ${place}`),
        ...hosts.map(([place]) => `${path}: ${place} names its registry`),
      ];
    });
    return { looked: paths.length, findings };
  },
};
