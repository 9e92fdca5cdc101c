import type { StepReport } from '../step.ts';

/**
 * How far an upload is, over all its files: never goes back, also when a host is begun anew, and has the last byte only
 * when a host has said that it took the file.
 */
export class UploadProgress {
  readonly #report: StepReport;
  readonly #total: number;
  #settled = 0;
  #shown = 0;

  /** `total`: bytes of all files. */
  constructor(report: StepReport, total: number) {
    this.#report = report;
    this.#total = total;
  }

  /** So many bytes of the present file are on their way to `host`. */
  sent(host: string, bytes: number, size: number): void {
    this.#tell(this.#settled + Math.min(bytes, size), this.#total - 1, `to ${host}`);
  }

  /** A file has been taken. */
  taken(host: string, size: number): void {
    this.#settled += size;
    this.#tell(this.#settled, this.#total, `to ${host}`);
  }

  #tell(bytes: number, most: number, message: string): void {
    this.#shown = Math.max(this.#shown, Math.min(bytes, most));
    const isUnknown = this.#total === 0 && most < 0;
    this.#report.progress({ current: this.#shown, total: isUnknown ? null : this.#total, unit: 'bytes', message });
  }
}
