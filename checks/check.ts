import { resolve } from 'node:path';
import { readProject } from './project.ts';
import { rules } from './rules.ts';
import { type Outcome, runTool, tools } from './tools.ts';

/**
 * `npm run check`: prints one line for each check with its time, and for each broken one its reason and where. A
 * check that looked at nothing has failed. Ends with `N passed, N failed`; exit code 1 when anything failed.
 */

const root = resolve(import.meta.dirname, '..');

function* outcomes(): Generator<Outcome> {
  for (const tool of tools) yield runTool(tool, root);
  const project = readProject(root);
  for (const rule of rules) {
    const { looked, findings } = rule.check(project);
    yield { name: rule.name, reason: rule.reason, looked: String(looked), failure: findings.join('\n') };
  }
}

function main(): number {
  const count = { passed: 0, failed: 0 };
  let began = performance.now();
  for (const { name, reason, looked, failure } of outcomes()) {
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    const nothing = looked === '0';
    const broken = failure !== '' || nothing;
    count[broken ? 'failed' : 'passed'] += 1;
    console.log(
      `${broken ? '✖' : '✔'} ${name.padEnd(16)} ${seconds.padStart(6)} s  ${looked && `${looked} looked at`}`,
    );
    if (broken) console.log(`${nothing ? 'It looked at nothing.' : failure}\n  Why: ${reason}\n`.replace(/^/gm, '  '));
    began = performance.now();
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0 ? 0 : 1;
}

process.exitCode = main();
