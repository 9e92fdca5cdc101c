import { nodeTooOld } from './config/node-version.ts';

/**
 * The program's door. It imports nothing else before it has looked at the version of Node, so that an old
 * one gets a sentence instead of a syntax error; and `--version` answers without loading the rest.
 */
const tooOld = nodeTooOld(process.versions.node);
const argv = process.argv.slice(2);

if (tooOld !== undefined) {
  const { openOutput } = await import('./log/output.ts');
  openOutput({ env: {} }).error(`${tooOld}; ./longhaul brings one by itself`);
  process.exitCode = 2;
} else if (argv.length === 1 && argv[0] === '--version') {
  const [{ openOutput }, { version }] = await Promise.all([import('./log/output.ts'), import('./config/version.ts')]);
  openOutput({ env: {} }).line(version);
} else {
  const { main } = await import('./cli/cli.ts');
  process.exit(await main(argv));
}
