import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { firstRuns } from '../support/first-runs.ts';
import { oldestNode } from '../support/machine.ts';

/** The first runs of a user who has an old Node, npm, and nothing else. */

const folder = mkdtempSync(join(tmpdir(), 'longhaul first run '));
const home = join(folder, 'home');
mkdirSync(home);

after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

firstRuns(folder, home, oldestNode(), 'lives on');
