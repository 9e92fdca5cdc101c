import { megaLinkAt } from './mega/link.ts';

/** How a link begins, also MEGA's without its scheme; `sftp` before `ftp`, which it ends in. */
const beginning =
  /(?:https?|sftp|ftp):\/\/|magnet:\?|(?<![\w./@-])(?:www\.)?mega(?:\.co)?\.(?:nz|io|app)\/(?=file\/|folder\/|#)/gi;
/** What no link contains as it stands, in whatever script the sentence around it is written. */
const end = /[\s\p{Cc}<>"`|\\^“”„«»‘’‹›、。，；：！？…（）［］｛｝【】《》「」『』〈〉〔〕]/u;
/** What belongs to the sentence when it stands at the end of a link. */
const trailing = /[.,;:!?'*~_]+$/;
const closers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/**
 * Every link in a text that a person wrote or pasted, in order, each once: without the punctuation, brackets, quotes and
 * markup around it. A key of a MEGA link is taken as long as keys are, whatever follows it. Pure.
 */
export function linksInText(text: string): readonly string[] {
  const found = new Set<string>();
  const look = new RegExp(beginning);
  for (let match = look.exec(text); match; match = look.exec(text)) {
    const { link, length } = linkAt(text.slice(match.index, match.index + longest));
    if (link !== undefined) found.add(link);
    look.lastIndex = match.index + Math.max(length, match[0].length);
  }
  return [...found];
}

/** Magnet links with many trackers are the longest, characters. */
const longest = 65_536;

function linkAt(rest: string): { readonly link: string | undefined; readonly length: number } {
  const mega = megaLinkAt(rest);
  if (mega !== undefined) return { link: withScheme(mega), length: mega.length };
  const whole = withinBrackets(rest.slice(0, endOf(rest)));
  const bare = withoutTrailing(whole);
  // Text that was copied out of a page has its ampersands written as a page does.
  const link = withScheme(bare).replaceAll('&amp;', '&');
  return { link: leadsSomewhere(link) ? link : undefined, length: bare.length };
}

function endOf(rest: string): number {
  const at = rest.search(end);
  return at < 0 ? rest.length : at;
}

/** Up to the first bracket that closes what was opened before the link. */
function withinBrackets(text: string): string {
  const open: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if ('([{'.includes(letter)) open.push(letter);
    else if (letter in closers && open.pop() !== closers[letter]) return text.slice(0, at);
  }
  return text;
}

/** Without marks at the end, nor brackets that are opened and never closed there. */
function withoutTrailing(text: string): string {
  const next = text.replace(trailing, '').replace(/[([{]+$/, '');
  return next === text ? text : withoutTrailing(next);
}

function withScheme(link: string): string {
  return /^(?:[a-z]+:\/\/|magnet:)/i.test(link) ? link : `https://${link}`;
}

function leadsSomewhere(link: string): boolean {
  if (/^magnet:/i.test(link)) return /[?&]xt(?:\.\d+)?=urn:bt[im]h:[a-z0-9]/i.test(link);
  const host = URL.parse(link)?.hostname ?? '';
  return /^\[[\da-f:.]+\]$|^[\p{L}\p{N}%](?:.*[\p{L}\p{N}%])?\.?$/iu.test(host);
}
