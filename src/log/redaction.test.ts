import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRedactor, maskLinks } from './redaction.ts';

const text = (given: string, ...secrets: string[]) => {
  const redactor = createRedactor();
  redactor.add(...secrets);
  return redactor.text(given);
};

test('a secret is masked by its value, also encoded', () => {
  assert.equal(text('x p@ss/wörd" y', 'p@ss/wörd"'), 'x *** y');
  assert.equal(text('https://h/?q=p%40ss%2Fw%C3%B6rd', 'p@ss/wörd'), 'https://h/?q=***');
  assert.equal(text(JSON.stringify({ a: 'li"ne\nend' }), 'li"ne\nend'), '{"a":"***"}');
  assert.equal(text('a longer-secret b', 'secret', 'longer-secret'), 'a *** b');
  assert.equal(text('abc', 'abc'), 'abc');
  assert.equal(text('a sec\u001b[0mret b', 'secret'), 'a *** b');
});

test('secrets are known by their form', () => {
  for (const [given, expected] of [
    ['GET https://ann:planted@example.org/x', 'GET https://***@example.org/x'],
    ['ftp://planted@h', 'ftp://***@h'],
    ['Authorization: Digest username="planted", nonce="planted"', 'Authorization: ***'],
    ['{"authorization":"Basic planted"}', '{"authorization":***'],
    ['Set-Cookie: a=planted; Path=/\nServer: x', 'Set-Cookie: ***\nServer: x'],
    ['sent Bearer planted.planted-x.y', 'sent Bearer ***'],
    ['https://mega.nz/file/AbC12#planted-key_1', 'https://mega.nz/file/AbC12#***'],
    ['https://mega.nz/folder/AbC12#planted/file/XyZ', 'https://mega.nz/folder/AbC12#***/file/XyZ'],
    ['https://mega.co.nz/#!AbC12!planted', 'https://mega.co.nz/#!AbC12!***'],
    ['https://mega.nz/#F!AbC12!planted', 'https://mega.nz/#F!AbC12!***'],
    ['https://mega.nz/%23!AbC12!planted', 'https://mega.nz/%23!AbC12!***'],
    [
      'http://tv/get.php?username=ann&password=planted&type=m3u',
      'http://tv/get.php?username=ann&password=***&type=m3u',
    ],
    ['https://s3/x?X-Amz-Signature=planted', 'https://s3/x?X-Amz-Signature=***'],
  ] as const) {
    assert.equal(text(given), expected);
  }
});

test('what is no secret stays', () => {
  for (const given of [
    'https://example.org/@ann/file#part',
    'mail ann@example.org',
    'https://mega.nz/file/AbC12',
    'Basic Instinct (1992).mkv',
    'Bearer of Tidings.mkv',
    'lease token 7',
  ]) {
    assert.equal(text(given), given);
  }
});

test('facts become plain data whatever they are', () => {
  const redactor = createRedactor();
  redactor.add('planted');
  const circle: Record<string, unknown> = { planted: 1 };
  circle.self = circle;
  const cause = new TypeError('inner planted');
  const facts = redactor.facts({
    error: Object.assign(new Error('outer planted', { cause }), { code: 'EPLANTED', planted: 'planted' }),
    circle,
    big: 12n,
    bytes: Buffer.from('planted'),
    link: new URL('https://u:planted@h/'),
    date: new Date(0),
    map: new Map([['k', 'planted']]),
    set: new Set(['planted']),
    token: 7,
    headers: { Authorization: 'short', cookie: ['x'], accept: 'text/html' },
    screen: '\u001b[2Jx',
    run: () => {},
    get trap(): string {
      throw new Error('no');
    },
    revoked: (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    })(),
    nothing: undefined,
  });
  const json = JSON.stringify(facts);
  assert.doesNotMatch(json, /planted/);
  const { error, ...rest } = JSON.parse(json) as Record<string, Record<string, unknown>>;
  assert.equal(error?.type, 'Error');
  assert.equal(error?.message, 'outer ***');
  assert.match(String(error?.stack), /redaction\.test\.ts/);
  assert.partialDeepStrictEqual(error?.cause, { type: 'TypeError', message: 'inner ***' });
  assert.deepEqual(rest, {
    circle: { '***': 1, self: '[circle]' },
    big: '12',
    bytes: '[7 bytes]',
    link: 'https://***@h/',
    date: '1970-01-01T00:00:00.000Z',
    map: { k: '***' },
    set: ['***'],
    token: 7,
    headers: { Authorization: '***', cookie: '***', accept: 'text/html' },
    screen: 'x',
    run: '[function]',
    trap: '[unreadable]',
    revoked: '[unreadable]',
  });
});

test('a planted secret survives nowhere, whatever surrounds it', () => {
  const secret = fc
    .string({ minLength: 4, maxLength: 30, unit: 'binary' })
    .filter((value) => !/^[*\uFFFD]*$/.test(value));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), fc.anything(), (planted, before, after, other) => {
      const redactor = createRedactor();
      redactor.add(planted);
      assert.ok(!redactor.text(before + planted + after).includes(planted) || '***'.includes(planted));
      const facts = redactor.facts({ a: { b: [before + planted] }, error: new Error(planted), [planted]: 1, other });
      JSON.stringify(facts);
    }),
  );
});

test('long texts without a secret cost no more than their length', () => {
  const redactor = createRedactor();
  for (const piece of ['a', 'a:', '://', 'authorization', 'mega.nz/file/', '&', 'basic ', '\t']) {
    const started = process.cpuUsage();
    redactor.text(piece.repeat(200_000 / piece.length));
    const { user } = process.cpuUsage(started);
    assert.ok(user < 1_000_000, `${JSON.stringify(piece)} took ${user} µs`);
  }
});

test('user name and password before the host are masked', () => {
  assert.equal(maskLinks('https://ann:s3cret@host:8080/a?b=c#d'), 'https://***@host:8080/a?b=c#d');
  assert.equal(maskLinks('https://ann@host/'), 'https://***@host/');
  assert.equal(maskLinks('ftp://a:p@ss@host/x'), 'ftp://***@host/x');
  assert.equal(maskLinks('  HTTP:\\\\a:b@host/x'), '  HTTP:\\\\***@host/x');
});

test('an @ in the path or the query is no user name', () => {
  assert.equal(maskLinks('https://host/@ann/x?mail=a@b'), 'https://host/@ann/x?mail=a@b');
  assert.equal(maskLinks('https://host?x=@y'), 'https://host?x=@y');
});

test('passwords in the query are masked, the rest stays', () => {
  assert.equal(
    maskLinks('http://tv/get.php?username=ann&password=s3cret&type=m3u'),
    'http://tv/get.php?username=ann&password=***&type=m3u',
  );
  assert.equal(maskLinks('http://h/?Token=abc;x=1#password=kept'), 'http://h/?Token=***;x=1#password=kept');
  assert.equal(maskLinks('http://h/?passage=abc'), 'http://h/?passage=abc');
  assert.equal(maskLinks('http://h/?Signature=s3cret&sig=a&key=b'), 'http://h/?Signature=***&sig=***&key=***');
});

test('a link that is masked already leaves the rest of its sentence alone', () => {
  const sentence = `${maskLinks('http://h/?token=s3cret')}: downloading`;
  assert.equal(sentence, 'http://h/?token=***: downloading');
  assert.equal(maskLinks(sentence), sentence);
  assert.equal(maskLinks('http://h/?token=***s3cret'), 'http://h/?token=***');
});

test('what is no link stays as it is', () => {
  for (const text of ['', 'film.mkv', 'a@b', 'mailto']) assert.equal(maskLinks(text), text);
});

test('no password survives, whatever surrounds it', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9:@!$.+-]{0,12}$/);
  fc.assert(
    fc.property(word, word, fc.webPath(), (user, host, path) => {
      const masked = maskLinks(`https://${user}:PLANTED@h${host.replace(/[@:]/g, '')}${path}`);
      assert.doesNotMatch(masked, /PLANTED/);
      assert.ok(masked.endsWith(path));
    }),
  );
});
