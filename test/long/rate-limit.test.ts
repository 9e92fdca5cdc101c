import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitedTransfer } from '../support/limited-transfer.ts';
import { needs } from '../support/needs.ts';

const rate = 1_000_000;

for (const tls of [false, true]) {
  for (const connections of [1, 16]) {
    const over = `${connections === 1 ? 'one connection' : `${connections} connections`}, ${tls ? 'TLS' : 'plain'}`;
    test(`1,000,000 bytes/s hold within 5 % over 20 s: ${over}`, needs('nginx', 'openssl'), async (context) => {
      const measured = await limitedTransfer(context, { rate, span: 20_000, connections, tls });
      context.diagnostic(JSON.stringify(measured));
      assert.equal(measured.connections, connections);
      for (const side of ['received', 'served'] as const)
        assert.ok(Math.abs(measured[side] - rate) <= 0.05 * rate, `${side}: ${Math.round(measured[side])} bytes/s`);
    });
  }
}
