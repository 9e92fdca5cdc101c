import { basename } from 'node:path/posix';
import type { Clock } from '../../time/clock.ts';
import { atMostTwice } from './at-most-twice.ts';
import type { UploadClient } from './client.ts';
import type { TakenFile, UploadHost } from './host.ts';
import { formWith } from './multipart.ts';
import { refusal, refusedInWords } from './refusal.ts';

export interface CatboxSettings {
  readonly name: string;
  readonly mostBytes: number;
  /** Its API: https://catbox.moe/tools.php, https://litterbox.catbox.moe/tools.php. */
  readonly url: URL;
  /** The fields beside the file. */
  readonly fields: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** Who may delete what was sent with it; undefined: nobody can. */
  readonly userhash: string | undefined;
  /** How long litterbox keeps a file. */
  readonly expires: string | undefined;
}

/** Words of an error that passes. */
const passing = /try again|temporar|overload|maintenance|too many|busy|timed? ?out/i;

/** Words of what is not there any more. */
const gone = /(?:doesn.?t|does not|not) (?:seem to )?exist|not found/i;

/** catbox and litterbox: a form, answered by the address of the file, or by an error in words, both with 200. */
export function catboxHost(client: UploadClient, clock: Clock, settings: CatboxSettings): UploadHost {
  const { name, mostBytes, url, fields, secrets, userhash, expires } = settings;
  return {
    name,
    mostBytes,
    ...(expires === undefined ? {} : { deletesItself: `${expires} after it came` }),
    ...(userhash === undefined
      ? {}
      : {
          delete: ({ link }: TakenFile, signal: AbortSignal) =>
            deleteFile(client, clock, { ...settings, link, userhash }, signal),
        }),
    put: (file, run) =>
      atMostTwice(run, async (beforeLast) => {
        const form = formWith(file.source, {
          field: 'fileToUpload',
          name: basename(file.name),
          fields: { reqtype: 'fileupload', ...fields },
        });
        const answer = await client.ask(
          {
            method: 'POST',
            url,
            headers: [form.header],
            body: () => form.body(beforeLast),
            onSent: (sent) => run.sent(form.ofFile(sent)),
          },
          run.signal,
        );
        if (answer.status !== 200) throw refusal(answer, secrets, clock.now());
        const link = answer.text.trim();
        const address = /^https?:\/\/[^\s/]+\/\S+$/i.test(link) ? URL.parse(link) : null;
        if (address) return { link: address.href };
        throw refusedInWords(passing.test(answer.text) ? 'server' : 'refused', answer.text, secrets);
      }),
  };
}

/** As https://catbox.moe/tools.php has it: `reqtype=deletefiles`, names divided by spaces. */
async function deleteFile(
  client: UploadClient,
  clock: Clock,
  { link, userhash, url, secrets }: CatboxSettings & { readonly link: string; readonly userhash: string },
  signal: AbortSignal,
): Promise<void> {
  const files = basename(new URL(link).pathname);
  const answer = await client.ask(
    {
      method: 'POST',
      url,
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: new URLSearchParams({ reqtype: 'deletefiles', userhash, files }).toString(),
    },
    signal,
  );
  if (gone.test(answer.text) && answer.status < 500) return;
  if (answer.status !== 200) throw refusal(answer, secrets, clock.now());
  if (!/deleted/i.test(answer.text)) throw refusedInWords('refused', answer.text, secrets);
}
