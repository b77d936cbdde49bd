import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';
import type { KubeWiseQuery } from './types';

const target: KubeWiseQuery = { refId: 'Anno', kind: 'annotations', layers: ['incidents'] };

/** Grafana's default mapping reads our frame (time, timeEnd, title, text, tags, id); only the query needs help. */
export const annotationSupport: AnnotationSupport<KubeWiseQuery> = {
  getDefaultQuery: () => target,
  prepareAnnotation: (saved: Partial<AnnotationQuery<KubeWiseQuery>>) => ({
    name: 'KubeWise',
    enable: true,
    iconColor: 'red',
    ...saved,
    target: { ...target, ...saved.target, kind: 'annotations' },
  }),
  // Without a target Grafana sends no query at all, and says nothing.
  prepareQuery: (annotation: AnnotationQuery<KubeWiseQuery>) => ({
    ...target,
    ...annotation.target,
    kind: 'annotations',
  }),
};
