import { isObject, jsonPatch, mergePatch, PatchFailed, type JsonPatchStep } from './json.ts';
import { strategicMerge } from './strategic.ts';
import { ApiError, badRequest, unsupportedMediaType } from './status.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from '../runtime.ts';

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Applies a patch body of the given content type (not server-side apply) to an object. */
export function applyPatch(object: KubeObject, body: unknown, contentType: string, resource: Resource): KubeObject {
  if (contentType === patchTypes.json) return jsonPatched(object, body);
  if (contentType === patchTypes.merge) {
    if (!isObject(body)) throw badRequest('the body of a merge patch must be an object');
    return mergePatch(object, body) as KubeObject;
  }
  if (contentType !== patchTypes.strategic || !resource.model) throw unsupportedMediaType(accepted(resource));
  if (!isObject(body)) throw badRequest('the body of a strategic merge patch must be an object');
  return strategicMerge(object, body, resource.model) as KubeObject;
}

const accepted = (resource: Resource): string[] =>
  resource.model
    ? [patchTypes.json, patchTypes.merge, patchTypes.strategic, patchTypes.apply]
    : [patchTypes.json, patchTypes.merge, patchTypes.apply];

function jsonPatched(object: KubeObject, body: unknown): KubeObject {
  if (!Array.isArray(body))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  try {
    return jsonPatch(object, body as JsonPatchStep[]) as KubeObject;
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error;
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
}
