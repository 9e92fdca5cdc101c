import * as z from 'zod';
import { choice, duration, rate, size, text, trueOrFalse } from './values.ts';

/** What can be spoken to. A host whose name is one of these needs not say its kind. */
export const uploadKinds = ['catbox', 'litterbox', 'webdav', 's3', 'rclone', 'http'] as const;
export type UploadKind = (typeof uploadKinds)[number];

/** Names of hosts: what stands in `upload=NAME,NAME`. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$/u;

const everywhere = ['kind', 'max_size', 'link'] as const;
const overHttp = ['url', 'rate'] as const;
const secrets = ['secret', 'secret_file', 'secret_env'] as const;

/** The keys that mean something for each kind, and those it cannot do without. */
const keysOf: Readonly<
  Record<UploadKind, { readonly allowed: readonly string[]; readonly needed: readonly string[] }>
> = {
  catbox: { allowed: [...everywhere, ...overHttp, ...secrets], needed: [] },
  litterbox: { allowed: [...everywhere, ...overHttp, 'expires'], needed: [] },
  webdav: { allowed: [...everywhere, ...overHttp, ...secrets, 'user', 'headers', 'replace'], needed: ['url'] },
  s3: {
    allowed: [
      ...everywhere,
      ...overHttp,
      ...secrets,
      'user',
      'bucket',
      'region',
      'folder',
      'part_size',
      'addressing',
      'replace',
    ],
    needed: ['url', 'bucket', 'user'],
  },
  rclone: { allowed: [...everywhere, 'rate', 'remote', 'config_file', 'program'], needed: ['remote'] },
  http: {
    allowed: [...everywhere, ...overHttp, ...secrets, 'user', 'headers', 'method', 'field', 'fields', 'replace'],
    needed: ['url'],
  },
};

const uploadHost = z.strictObject({
  kind: choice(uploadKinds).optional().describe('What is spoken there; left out: what the name says.'),
  url: text('a URL without user name, such as https://example.org/dav/', /^https?:\/\/[^/?#\s@]+(?:[/?][^#\s]*)?$/i)
    .optional()
    .describe(
      'webdav: the folder. s3: the endpoint. http: where to send, with {name} for the name. catbox, litterbox: another server.',
    ),
  user: text('a name').optional().describe('The user name; of s3 the access key id.'),
  secret: text('a text')
    .optional()
    .describe(
      'The password; of s3 the secret access key, of catbox the userhash; of http without a user a bearer token.',
    ),
  secret_file: text('a file').optional().describe('The file in which it stands instead.'),
  secret_env: text('the name of a variable', /^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional()
    .describe('The variable of the environment in which it stands instead.'),
  headers: z
    .array(text('a header such as "X-Name: value"', /^[!#$%&'*+.^_`|~\w-]+:[^\0\r\n]*$/), 'must be a list of headers')
    .optional()
    .describe('Headers that are sent there. Their values are kept secret.'),
  max_size: size({ least: 1 }).optional().describe('Larger files go to the next host of the chain.'),
  rate: rate().optional().describe('All uploads there together send no more than this a second.'),
  link: text('a URL with {path} or {name} in it, or body, location or json:KEY.KEY')
    .optional()
    .describe(
      'Where others find the file: a URL with {path} or {name} in it; of http also what the answer says: body, location, or json:KEY.KEY.',
    ),
  replace: trueOrFalse().optional().describe('Take the place of what has the same name; otherwise it gets a number.'),
  expires: choice(['1h', '12h', '24h', '72h']).optional().describe('litterbox: how long the file is kept there.'),
  bucket: text('the name of a bucket', /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/).optional(),
  region: text('a region such as eu-central-1', /^[a-zA-Z0-9-]+$/).optional(),
  folder: text('a folder such as in/films', /^[^\0\r\n\\]+$/)
    .optional()
    .describe('s3: what keys begin with.'),
  part_size: size({ least: 5 << 20 })
    .optional()
    .describe('s3: how large the parts are, at least 5 MiB.'),
  addressing: choice(['path', 'host'])
    .optional()
    .describe('s3: whether the bucket stands in the path or in the host name.'),
  remote: text('REMOTE:PATH', /^[\p{L}\p{N}_.+@-][\p{L}\p{N}_.+@ -]*:[^\0\r\n]*$/u)
    .optional()
    .describe('rclone: a remote of its configuration, with a folder.'),
  config_file: text('a file').optional().describe('rclone: its configuration.'),
  program: text('a program').optional().describe('rclone: where it stands, if not in PATH.'),
  method: choice(['PUT', 'POST']).optional().describe('http: how it is sent; PUT if left out.'),
  field: text('the name of a field')
    .optional()
    .describe('http: send a form, the file in this field; left out: the file alone.'),
  fields: z
    .record(text('the name of a field'), text('a text', /^[^\0]*$/), 'must be fields with their texts')
    .optional()
    .describe('http: further fields of the form. Their texts are kept secret.'),
});

type UploadHost = z.output<typeof uploadHost>;

const uploadHosts = z
  .record(
    text('a name of letters, digits, -, _ and ., of at most 64', namePattern),
    uploadHost,
    'must be hosts with their settings, such as nas: { kind: webdav, url: https://nas.example/dav/ }',
  )
  .superRefine((hosts, context) => {
    for (const [name, host] of Object.entries(hosts)) {
      for (const message of problemsOf(name, host)) {
        context.addIssue({ code: 'custom', path: [name], message, input: Object.keys(host).join(', ') });
      }
    }
  });

/** The kind of a host; undefined where neither its settings nor its name say it. Pure. */
export function kindOfHost(
  name: string,
  host: { readonly kind?: UploadKind | undefined } = {},
): UploadKind | undefined {
  return host.kind ?? uploadKinds.find((kind) => kind === name);
}

function problemsOf(name: string, host: UploadHost): readonly string[] {
  const kind = kindOfHost(name, host);
  if (kind === undefined) return [`must say its kind: one of ${uploadKinds.join(', ')}`];
  const { allowed, needed } = keysOf[kind];
  const given = Object.entries(host).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  const foreign = given.filter((key) => !allowed.includes(key));
  const missing = needed.filter((key) => !given.includes(key));
  const doubled = secrets.filter((key) => given.includes(key));
  return [
    ...foreign.map((key) => `means ${kind}, where ${key} says nothing; ${kind} has ${allowed.join(', ')}`),
    ...missing.map((key) => `means ${kind}, which needs ${key}`),
    ...(doubled.length > 1 ? [`has its secret in several places (${doubled.join(', ')}); one is enough`] : []),
  ];
}

export const upload = z
  .strictObject({
    to: text('hosts such as catbox, or nas,catbox', /^[^\s,]+(?:\s*,\s*[^\s,]+)*$/)
      .optional()
      .describe('Where `upload` goes when no host is named; of several, the next one when one does not take the file.'),
    rate: rate()
      .prefault('off')
      .describe('All uploads of one instance together send no more than this a second. off: no limit.'),
    idle_timeout: duration({ least: 1 })
      .prefault('60s')
      .describe('A host that takes nothing for this long is given up.'),
    answer_timeout: duration({ least: 1 })
      .prefault('5m')
      .describe('Longest wait for the answer to a file that was sent to its end.'),
    hosts: uploadHosts
      .prefault({})
      .describe(
        'Where files can be sent, such as { nas: { kind: webdav, url: "https://nas.example/dav/", user: me, secret_file: ~/.nas } }. docs/upload.md has an example of each kind: catbox, litterbox, webdav, s3, rclone, http.',
      ),
  })
  .describe('The step `upload`.');
