import type { Rule } from './project.ts';
import { budgets } from './rules/budgets.ts';
import { cycles } from './rules/cycles.ts';
import { doors } from './rules/doors.ts';
import { layers } from './rules/layers.ts';
import { locks } from './rules/locks.ts';
import { names } from './rules/names.ts';
import { tests } from './rules/tests.ts';

/** Every rule about the repository that no ready tool keeps; `test/meta` shows of each that it can fail. */
export const rules: readonly Rule[] = [layers, cycles, budgets, names, ...doors, tests, locks];
