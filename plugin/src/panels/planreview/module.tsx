import { PanelPlugin } from '@grafana/data';
import { PlanReviewPanel, type PlanReviewOptions } from './PlanReviewPanel';

export const plugin = new PanelPlugin<PlanReviewOptions>(PlanReviewPanel).setPanelOptions((builder) =>
  builder
    .addNumberInput({
      path: 'limit',
      name: 'Plans at most',
      defaultValue: 5,
      settings: { min: 1, max: 20, integer: true },
    })
    .addTextInput({ path: 'namespace', name: 'Namespace', description: 'Empty shows all', defaultValue: '' })
);
