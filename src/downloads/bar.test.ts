import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BarStyle, barParts, wanderingParts } from './bar.ts';

const style = fc.constantFrom<BarStyle>('blocks', 'ascii');
const columns = (text: string): number => [...text].length;
const whole = (fraction: number, width: number, look: BarStyle): string => {
  const { done, left } = barParts(fraction, width, look);
  return done + left;
};

test('a bar is drawn in eighths of a column', () => {
  assert.equal(whole(0, 4, 'blocks'), '░░░░');
  assert.equal(whole(0.5, 4, 'blocks'), '██░░');
  assert.equal(whole(0.53125, 4, 'blocks'), '██▏░');
  assert.equal(whole(0.99, 4, 'blocks'), '███▉');
  assert.equal(whole(1, 4, 'blocks'), '████');
});

test('without block characters it is drawn in ASCII', () => {
  assert.equal(whole(0, 6, 'ascii'), '------');
  assert.equal(whole(0.5, 6, 'ascii'), '===>--');
  assert.equal(whole(1, 6, 'ascii'), '======');
});

test('a bar has exactly the width asked for, is full only at the end and not empty after the first byte', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 300 }),
      style,
      (fraction, width, look) => {
        const { done, left } = barParts(fraction, width, look);
        assert.equal(columns(done) + columns(left), width);
        if (width > 0) {
          assert.equal(done === (look === 'ascii' ? '=' : '█').repeat(width), fraction === 1);
          assert.equal(done === '', fraction === 0);
        }
      },
    ),
  );
});

test('a bar never shrinks while the fraction grows', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      style,
      (a, b, look) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        assert.ok(columns(barParts(less, 40, look).left) >= columns(barParts(more, 40, look).left));
      },
    ),
  );
});

test('figures out of range are drawn as empty or full, never thrown', () => {
  assert.equal(whole(-1, 3, 'blocks'), '░░░');
  assert.equal(whole(7, 3, 'blocks'), '███');
  assert.equal(whole(Number.NaN, 3, 'blocks'), '░░░');
  assert.equal(whole(0.5, -3, 'ascii'), '');
});

test('a bar of unknown length wanders to the end and back, one column a tick', () => {
  const drawn = (tick: number): string => Object.values(wanderingParts(tick, 4, 'ascii')).join('');
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(drawn), ['#---', '-#--', '--#-', '---#', '--#-', '-#--', '#---']);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 300 }), style, (tick, width, look) => {
      const { before, block, after } = wanderingParts(tick, width, look);
      assert.equal(columns(before + block + after), width);
      if (width > 0) assert.ok(columns(block) >= 1);
    }),
  );
});
