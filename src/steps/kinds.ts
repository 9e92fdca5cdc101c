import { checksumKind } from './checksum.ts';
import { commandKind } from './command/command.ts';
import { convertKind } from './convert/convert.ts';
import { extractKind } from './extract/extract.ts';
import { moveKind } from './move/move.ts';
import { notifyKind } from './notify/notify.ts';
import type { StepParts } from './parts.ts';
import type { StepKind } from './step.ts';
import { uploadKind } from './upload/upload-step.ts';

/**
 * Every kind of step of this version, in the order in which a person is told of them. Modules are loaded here, when
 * the first step is needed; a kind loads what is large only in `run`.
 */
export async function loadStepKinds(parts: StepParts): Promise<readonly StepKind[]> {
  return [
    extractKind(parts),
    convertKind(parts),
    checksumKind(parts),
    moveKind(parts),
    uploadKind(parts),
    notifyKind(parts),
    commandKind(parts),
  ];
}
