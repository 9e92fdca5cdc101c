import type { Config } from '../../config/config.ts';
import type { Header } from '../../net/http1/header.ts';
import type { Message } from './message.ts';

export type Target = Config['notify'][string];
export type WebTarget = Exclude<Target, { readonly kind: 'email' }>;

/** One POST. */
export interface Post {
  readonly url: URL;
  readonly headers: readonly Header[];
  /** JSON. */
  readonly body: string;
}

const green = 0x2ecc71;
const longestTitle = 250;
const longestText = 2000;

/**
 * What is sent to a target. Pure. Sources: docs.ntfy.sh/publish, "Publish as JSON"; discord.com/developers/docs,
 * "Execute Webhook".
 */
export function postFor(target: WebTarget, message: Message): Post {
  const title = cut(message.title, longestTitle);
  const text = cut(message.text, longestText);
  switch (target.kind) {
    case 'ntfy':
      return post(
        target.url,
        {
          ...{ topic: target.topic, title, message: text, tags: ['white_check_mark'] },
          ...(target.priority === undefined ? {} : { priority: target.priority }),
          ...(message.link === undefined ? {} : { click: message.link }),
        },
        target.token === undefined ? [] : [['Authorization', `Bearer ${target.token}`]],
      );
    case 'discord':
      return post(target.url, {
        embeds: [
          { title, description: text, color: green, ...(message.link === undefined ? {} : { url: message.link }) },
        ],
        allowed_mentions: { parse: [] },
      });
    case 'webhook':
      return post(target.url, { event: 'completed', title: message.title, text: message.text, ...message.facts }, [
        ['Idempotency-Key', message.id],
        ...(target.headers ?? []).map(headerIn),
      ]);
  }
}

function post(url: string, content: object, headers: readonly Header[] = []): Post {
  const body = JSON.stringify(content);
  return { url: new URL(url), headers: [['Content-Type', 'application/json'], ...headers], body };
}

function headerIn(text: string): Header {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
