import manifest from '../package.json' with { type: 'json' };

if (process.argv[2] === '--version') {
  process.stdout.write(`${manifest.version}\n`);
} else {
  process.stderr.write('The verbs are not here yet.\n');
  process.exit(2);
}
