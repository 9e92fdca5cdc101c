import { Failure } from '../../downloads/failure.ts';
import type { ResponseHead } from '../../net/http1/response-head.ts';
import { mayBeStream } from '../../playlist/stream-kind.ts';
import { dispositionName, endingOf, isHtml, lastSegment, mediaType } from './name.ts';
import type { HttpToken } from './token.ts';

/** Endings of links that answer with a page. */
const pages = new Set([
  'html',
  'htm',
  'xhtml',
  'shtml',
  'mhtml',
  'php',
  'php3',
  'php5',
  'phtml',
  'asp',
  'aspx',
  'jsp',
  'jspx',
  'cgi',
  'cfm',
  'do',
  'pl',
  'py',
  'rb',
]);
/** Endings of text that may well contain a page's source. */
const texts = new Set([
  'txt',
  'md',
  'js',
  'mjs',
  'ts',
  'css',
  'xml',
  'svg',
  'json',
  'tpl',
  'eml',
  'log',
  'csv',
  'vue',
  'hbs',
  'ejs',
]);

const pageBeginning = /^(?:\xef\xbb\xbf)?\s*(?:<!--[\s\S]{0,200}?-->\s*)?<(?:!doctype\s+html|html[\s>])/i;

/** Bytes from the beginning that `looksLikePage` wants to see. */
export const sniffedBytes = 512;

/**
 * HTML where a file was expected: the link's ending is not a page's, or an earlier answer was no page
 * (a login or error page in its place). Throws `Failure('suspect')`. Pure.
 */
export function refusePage(head: ResponseHead, original: URL, place: string, earlier: HttpToken | undefined): void {
  if (!isHtml(mediaType(head)) || isPageName(dispositionName(head.headers.get('content-disposition')))) return;
  const before = earlier?.type !== undefined && earlier.type !== '' && !isHtml(earlier.type);
  if (before || expectsFile(original)) throw pageFailure(place);
}

/** True when the bytes, too, should be looked at: neither link nor declared type speak of a page or of text. Pure. */
export function sniffs(head: ResponseHead, original: URL): boolean {
  const type = mediaType(head);
  const name = dispositionName(head.headers.get('content-disposition'));
  if (isHtml(type) || isPageName(name) || texts.has(endingOf(name ?? ''))) return false;
  const binary =
    type !== '' && type !== 'application/octet-stream' && !type.startsWith('text/') && !/[+/](?:xml|json)$/.test(type);
  return binary || (expectsFile(original) && !texts.has(endingOf(lastSegment(original))) && !type.startsWith('text/'));
}

/** The link leads to a stream in pieces, for which there is a source of its own. */
export function streamFailure(place: string): Failure {
  return new Failure('stream', `${place} sent the playlist of a stream, whose pieces are the film`);
}

/** The declared type, or a name, speaks of a playlist: its first bytes tell whether it is a stream's. Pure. */
export function mayLeadToStream(head: ResponseHead, final: URL, original: URL): boolean {
  const type = mediaType(head);
  return [final, original].some((url) => mayBeStream(type, endingOf(lastSegment(url))));
}

/** `beginning`: the first bytes of a file, latin1. Pure. */
export function looksLikePage(beginning: string): boolean {
  return pageBeginning.test(beginning);
}

export function pageFailure(place: string): Failure {
  return new Failure(
    'suspect',
    `${place} sent a web page instead of the file, perhaps a login or an error; open the link in a browser, and pass what it needs with --header`,
  );
}

function expectsFile(url: URL): boolean {
  const ending = endingOf(lastSegment(url));
  return ending !== '' && !pages.has(ending);
}

function isPageName(name: string | undefined): boolean {
  return name !== undefined && pages.has(endingOf(name));
}
