import { annotationSupport } from './annotations';

const saved = (target: object) => ({
  name: 'Critical',
  enable: true,
  iconColor: 'red',
  target: { refId: 'x', ...target },
});

describe('annotationSupport', () => {
  it('has a query even when nothing was saved, or Grafana would silently ask nothing', () => {
    expect(annotationSupport.prepareQuery?.({ name: 'a', enable: true, iconColor: 'red' })).toMatchObject({
      kind: 'annotations',
      layers: ['incidents'],
    });
  });

  it('keeps layers and severity of one layer and forces the kind', () => {
    const query = annotationSupport.prepareQuery?.(
      saved({ kind: 'plans', layers: ['anomalies'], severity: 'critical' })
    );
    expect(query).toMatchObject({ kind: 'annotations', layers: ['anomalies'], severity: 'critical' });
  });

  it('completes a dashboard that saved only part of it', () => {
    const prepared = annotationSupport.prepareAnnotation?.({ name: 'Mine', target: { refId: 'A', layers: ['plans'] } });
    expect(prepared).toMatchObject({ name: 'Mine', enable: true, target: { kind: 'annotations', layers: ['plans'] } });
  });
});
