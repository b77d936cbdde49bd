import { getDataSourceSrv } from '@grafana/runtime';
import type { DataSourceInstanceSettings, DataSourceJsonData } from '@grafana/data';
import { createKubeWise, type KubeWise } from './kubewise';
import { createTransport } from './transport';

export const datasourceType = 'kubewise-datasource';

export interface Instance {
  readonly uid: string;
  readonly name: string;
  readonly api: KubeWise;
}

/** One client per proxy address and page load, so that pages, panels and annotations share requests in flight. */
const clients = new Map<string, KubeWise>();

export function kubewiseAt(proxyUrl: string): KubeWise {
  const known = clients.get(proxyUrl);
  if (known) {
    return known;
  }
  const made = createKubeWise(createTransport(proxyUrl));
  clients.set(proxyUrl, made);
  return made;
}

/** Every KubeWise data source that this user may see. */
export const instances = (): readonly Instance[] =>
  getDataSourceSrv().getList({ pluginId: datasourceType }).map(instanceOf);

/** The KubeWise with this uid; undefined when it is another kind of data source or gone. */
export const instanceBy = (uid: string): Instance | undefined => instances().find((one) => one.uid === uid);

const instanceOf = (settings: DataSourceInstanceSettings<DataSourceJsonData>): Instance => ({
  uid: settings.uid,
  name: settings.name,
  api: kubewiseAt(settings.url ?? ''),
});
