import { PanelPlugin } from '@grafana/data';
import { AnomaliesPanel, type AnomaliesOptions } from './AnomaliesPanel';

export const plugin = new PanelPlugin<AnomaliesOptions>(AnomaliesPanel).setPanelOptions((builder) =>
  builder
    .addNumberInput({
      path: 'limit',
      name: 'Anomalies at most',
      defaultValue: 50,
      settings: { min: 1, max: 300, integer: true },
    })
    .addTextInput({ path: 'namespace', name: 'Namespace', description: 'Empty shows all', defaultValue: '' })
    .addTextInput({ path: 'workload', name: 'Workload', description: 'Empty shows all', defaultValue: '' })
    .addBooleanSwitch({ path: 'openOnly', name: 'Open anomalies only', defaultValue: false })
);
