/** A stream in pieces is announced by a small text; this is what kind of text it is. */
export type StreamKind = 'hls' | 'dash';

const hlsTag =
  /^#EXT-X-(?:TARGETDURATION|STREAM-INF|MEDIA-SEQUENCE|MEDIA|VERSION|PLAYLIST-TYPE|KEY|MAP|I-FRAME|INDEPENDENT)/m;

/**
 * Told from the first characters (RFC 8216 section 4.3; ISO/IEC 23009-1). Undefined for everything else, also for a
 * list of channels, which begins alike but has no tag of a stream. Pure.
 */
export function streamKind(beginning: string): StreamKind | undefined {
  const text = beginning.replace(/^(?:\ufeff|\xef\xbb\xbf)/, '');
  if (/^#EXTM3U\b/.test(text)) return hlsTag.test(text) ? 'hls' : undefined;
  return /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]{0,1000}?-->\s*)*<MPD[\s>]/.test(text) ? 'dash' : undefined;
}

/** A declared type, or the ending of a name, that speaks of such a text: its content decides. Pure. */
export function mayBeStream(type: string, ending: string): boolean {
  return streamTypes.has(type) || streamEndings.has(ending);
}

const streamTypes: ReadonlySet<string> = new Set([
  'application/vnd.apple.mpegurl',
  'application/x-mpegurl',
  'application/mpegurl',
  'audio/mpegurl',
  'audio/x-mpegurl',
  'video/mpegurl',
  'video/x-mpegurl',
  'application/dash+xml',
]);
const streamEndings: ReadonlySet<string> = new Set(['m3u8', 'm3u', 'mpd']);
