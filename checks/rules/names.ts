import { globSync } from 'node:fs';
import type { Rule } from '../project.ts';

const forbidden = /^(utils?|helpers?|common|shared|libs?|core|types|services|managers|misc)$/;

export const names: Rule = {
  name: 'names',
  reason:
    'A folder or file is named by the word of the domain it holds; "utils", "helpers", "common", "types" and their like hold anything, and soon do.',
  check({ root }) {
    const paths = globSync('{src,build,checks,test,bench,bin,web,config,docs,runtime}/**/*', {
      cwd: root,
      exclude: ['**/node_modules/**'],
    });
    const findings = paths.filter((path) => forbidden.test((path.split(/[\\/]/).at(-1) ?? '').replace(/\..*$/, '')));
    return { looked: paths.length, findings: findings.map((path) => `${path}: says nothing about what is in it`) };
  },
};
