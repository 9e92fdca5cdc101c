import { test } from 'node:test';
import type { Store } from '../../src/store/store.ts';
import { askingPromises } from './store/asking.ts';
import { claimingPromises } from './store/claiming.ts';
import { figuresPromises } from './store/figures.ts';
import { importingPromises } from './store/importing.ts';
import { limitingPromises } from './store/limiting.ts';
import { modelPromises } from './store/model.ts';
import { queueingPromises } from './store/queueing.ts';
import { rankingPromises } from './store/ranking.ts';
import { seedingPromises } from './store/seeding.ts';
import { steppingPromises } from './store/stepping.ts';
import { tidyingPromises } from './store/tidying.ts';
import { wishingPromises } from './store/wishing.ts';
import { workingPromises } from './store/working.ts';

/** A fresh, empty store for one test; `end` closes it and removes what it left. */
export interface StoreUnderTest {
  readonly store: Store;
  end(): Promise<void>;
}

/**
 * The promises of the store, as tests: every implementation runs them. Nothing in them knows what
 * the store is made of.
 */
export function storeConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  const promises = [
    askingPromises,
    claimingPromises,
    workingPromises,
    wishingPromises,
    limitingPromises,
    importingPromises,
    queueingPromises,
    rankingPromises,
    steppingPromises,
    seedingPromises,
    tidyingPromises,
    figuresPromises,
    modelPromises,
  ].flatMap((some) => Object.entries(some));
  for (const [promise, keeps] of promises) {
    test(`${name} store: ${promise}`, async () => {
      const { store, end } = await open();
      try {
        await keeps(store);
      } finally {
        await end();
      }
    });
  }
}
