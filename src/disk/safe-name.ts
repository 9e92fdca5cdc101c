/**
 * Names that come from elsewhere (a server, a torrent, a playlist) are hostile until they went
 * through here. What comes out is one path component that every usual file system takes, that stays
 * where it is put, and that leaves room for the endings Longhaul adds (` (999)`, `.part.json`).
 */
const longestBytes = 255 - ' (9999)'.length - '.part.json'.length;
const longestExtension = 32;
const fallbackName = 'download';

/** Windows device names, alone or with any extension. */
const reserved = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;
/** C0, DEL, C1; line and paragraph separators; bidirectional controls; zero-width and invisible ones; lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const invisible = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;
/** Ours: what is delivered under such a name would be taken for what we wrote about a download. */
const sidecarEnding = /\.part\.json$/i;
const forbiddenOnWindows = /[<>:"|?*]/g;

/** Makes one safe file name of whatever was given; of a path its last usable part. Never empty. */
export function safeName(raw: string): string {
  const parts = raw.split(/[/\\]/).filter((part) => !isNothing(part));
  return safeComponent(parts.at(-1) ?? '');
}

/** The components of a relative path, each safe; at least one. `..` and drive letters do not survive. */
export function safePath(raw: string): string[] {
  const parts = raw.split(/[/\\]/).filter((part) => !isNothing(part));
  return parts.length === 0 ? [fallbackName] : parts.map(safeComponent);
}

/** `name` with ` (n)` before its extension; n = 1 is the name itself. */
export function numberedName(name: string, n: number): string {
  if (n === 1) return name;
  const { stem, extension } = splitExtension(name);
  return `${stem} (${n})${extension}`;
}

/** Endings that a desktop may run or follow on a double click; worth a warning in the timeline. */
const risky = /\.(?:exe|scr|com|bat|cmd|pif|msi|lnk|url|desktop|webloc|vbs|js|jse|wsf|hta|ps1|jar|scf|cpl|reg)$/i;

export function isRiskyName(name: string): boolean {
  return risky.test(name);
}

function isNothing(part: string): boolean {
  return /^[\s.]*$/u.test(part.replace(invisible, '')) || /^[a-z]:$/i.test(part);
}

function safeComponent(raw: string): string {
  let name = raw.normalize('NFC').replace(invisible, '').replace(forbiddenOnWindows, '_').trim();
  name = name.replace(/[. ]+$/, '').replace(/^[-.~]/, '_');
  if (name === '' || name === '_') name = fallbackName;
  if (reserved.test(name)) name = `_${name}`;
  return cutToBytes(name, longestBytes).replace(sidecarEnding, '.part_json');
}

/** Made when it is first needed: each takes a millisecond. */
let graphemes: Intl.Segmenter | undefined;

/** Cuts the stem, never inside a character, and keeps a short extension. */
function cutToBytes(name: string, limit: number): string {
  if (Buffer.byteLength(name) <= limit) return name;
  const { stem, extension } = splitExtension(name);
  const room = limit - Buffer.byteLength(extension);
  let cut = '';
  let bytes = 0;
  graphemes ??= new Intl.Segmenter();
  for (const { segment } of graphemes.segment(stem)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > room) break;
    cut += segment;
  }
  if (cut === '')
    cut = Buffer.from(stem)
      .subarray(0, room)
      .toString('utf8')
      .replace(/\ufffd+$/, '');
  return `${cut.replace(/[. ]+$/, '') || fallbackName}${extension}`;
}

/** `film.tar.gz` → `film` and `.tar.gz`. */
export function splitExtension(name: string): { stem: string; extension: string } {
  const extension = /(?:\.tar)?\.[^. ]+$/i.exec(name)?.[0] ?? '';
  if (extension === name || Buffer.byteLength(extension) > longestExtension) return { stem: name, extension: '' };
  return { stem: name.slice(0, name.length - extension.length), extension };
}
