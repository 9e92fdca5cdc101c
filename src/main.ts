/**
 * The program's door. It imports nothing before it has looked at the version of Node, so that an old
 * one gets a sentence instead of a syntax error; and `--version` answers without loading the rest.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const argv = process.argv.slice(2);

if (major < 24 || (major === 24 && minor < 15)) {
  const { openOutput } = await import('./log/output.ts');
  openOutput({ env: {} }).error(
    `Longhaul needs Node 24.15 or newer, this is ${process.versions.node}; ./longhaul brings one by itself`,
  );
  process.exitCode = 2;
} else if (argv.length === 1 && argv[0] === '--version') {
  const [{ openOutput }, { version }] = await Promise.all([import('./log/output.ts'), import('./config/version.ts')]);
  openOutput({ env: {} }).line(version);
} else {
  const { main } = await import('./cli/cli.ts');
  process.exit(await main(argv));
}
