/** The addresses of the app's pages. `ds` carries which KubeWise they are about. */
export const root = '/a/kubewise-app';
export const places = [
  { path: 'incidents', title: 'Incidents', icon: 'exclamation-triangle' },
  { path: 'detectors', title: 'Detectors', icon: 'graph-bar' },
  { path: 'actions', title: 'Actions and mode', icon: 'bolt' },
  { path: 'setup', title: 'Setup', icon: 'cog' },
] as const;

export const pathTo = (page: string, uid: string | undefined): string =>
  uid ? `${root}/${page}?${new URLSearchParams({ ds: uid }).toString()}` : `${root}/${page}`;
export const incidentPath = (id: string, uid: string): string => pathTo(`incidents/${encodeURIComponent(id)}`, uid);
