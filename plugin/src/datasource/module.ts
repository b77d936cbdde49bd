import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { KubeWiseDatasource } from './datasource';
import type { KubeWiseOptions, KubeWiseQuery, KubeWiseSecrets } from './types';

export const plugin = new DataSourcePlugin<KubeWiseDatasource, KubeWiseQuery, KubeWiseOptions, KubeWiseSecrets>(
  KubeWiseDatasource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
