import type { PanelData } from '@grafana/data';
import { instanceBy, type Instance } from '../api';

/** Which KubeWise this panel shows: what its frames say (mixed data source, library panel), else its query's data source. */
export function sourceOf(data: PanelData): Instance | undefined {
  const uid = uidOfFrames(data) ?? data.request?.targets.find(({ datasource }) => datasource?.uid)?.datasource?.uid;
  return uid ? instanceBy(uid) : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
function uidOfFrames(data: PanelData): string | undefined {
  for (const { meta } of data.series) {
    const identity: unknown = meta?.custom?.kubewise;
    if (isRecord(identity) && typeof identity.uid === 'string') {
      return identity.uid;
    }
  }
  return undefined;
}

/**
 * Acting needs frames that name their KubeWise (a snapshot has none to trust) and a page that a person is in front of:
 * not a kiosk, not a single embedded panel.
 */
export function mayAct(data: PanelData, address: string = window.location.href): boolean {
  const { pathname, searchParams } = new URL(address);
  const unattended =
    searchParams.has('kiosk') || pathname.includes('/d-solo/') || pathname.includes('/dashboard/snapshot/');
  return uidOfFrames(data) !== undefined && !unattended && window.top === window.self;
}
