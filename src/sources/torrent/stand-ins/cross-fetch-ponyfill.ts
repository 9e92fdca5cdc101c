/** What of `fetch` the torrent library uses, for trackers and web seeds. */
export type TorrentFetch = (
  url: string,
  options?: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly body: object;
  arrayBuffer(): Promise<ArrayBuffer>;
}>;

let way: TorrentFetch | undefined;

/** From now on the torrent library of this thread goes to the web by `given` alone. */
export function fetchThrough(given: TorrentFetch): void {
  way = given;
}

const through: TorrentFetch = (url, options) => {
  if (!way) throw new Error('nobody has said yet how the web is reached');
  return way(url, options);
};

export default through;
