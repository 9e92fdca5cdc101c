/** Takes payload as a part of a buffer that is used again as soon as the call returns. */
export type Slices = (buffer: Uint8Array, offset: number, length: number) => void;

/** Takes a body apart, in portions of any size. */
export interface BodyReader {
  readonly ended: boolean;
  /** Hands the payload to `slices` and returns how many bytes were taken: fewer than given only when the body has ended. */
  push(buffer: Uint8Array, offset: number, length: number, slices: Slices): number;
  /** The connection ended in an orderly way: true when the body is whole. */
  endsWithConnection(): boolean;
}
