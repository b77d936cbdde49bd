import {
  DataSourceApi,
  LoadingState,
  type AnnotationSupport,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
} from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { exhaustMap, from, map, timer, type Observable } from 'rxjs';
import { failureOf, healthSentence, kubewiseAt, type KubeWise } from '../api';
import { annotationSupport } from './annotations';
import { matches, tagKeys } from './filters';
import { interpolate } from './interpolate';
import { frameOf, type Asked } from './queries';
import type { KubeWiseOptions, KubeWiseQuery } from './types';
import { defaultQuery } from './defaults';
import { valuesOf } from './variables';

/** How often a live view in Explore asks again (ms). */
const livePace = 10_000;

/** Reads only: what a viewer may see, as frames. Writes are on the pages and panels. */
export class KubeWiseDatasource extends DataSourceApi<KubeWiseQuery, KubeWiseOptions> {
  readonly api: KubeWise;
  readonly annotations: AnnotationSupport<KubeWiseQuery> = annotationSupport;

  constructor(settings: DataSourceInstanceSettings<KubeWiseOptions>) {
    super(settings);
    this.api = kubewiseAt(settings.url ?? '');
  }

  getDefaultQuery(): Partial<KubeWiseQuery> {
    return defaultQuery;
  }

  filterQuery(query: KubeWiseQuery): boolean {
    return !query.hide;
  }

  query(request: DataQueryRequest<KubeWiseQuery>): Observable<DataQueryResponse> {
    const run = () => from(this.answer(request));
    return request.liveStreaming
      ? timer(0, livePace).pipe(
          exhaustMap(run),
          map((response) => ({ ...response, state: LoadingState.Streaming }))
        )
      : run();
  }

  /** One target that fails takes only its own rows down; the others answer. */
  private async answer(request: DataQueryRequest<KubeWiseQuery>): Promise<DataQueryResponse> {
    const range = { from: request.range.from.valueOf(), to: request.range.to.valueOf() };
    const targets = request.targets.filter((target) => this.filterQuery(target));
    const answers = await Promise.allSettled(
      targets.map((target) => frameOf(this.api, this.asked(target, request, range)))
    );
    const data: DataFrame[] = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const errors = answers.flatMap((one, index) =>
      one.status === 'rejected' ? [{ refId: targets[index]?.refId, message: failureOf(one.reason).message }] : []
    );
    return { data, errors, state: errors.length > 0 ? LoadingState.Error : LoadingState.Done };
  }

  private asked(query: KubeWiseQuery, request: DataQueryRequest<KubeWiseQuery>, range: Asked['range']): Asked {
    const full = interpolate(query, request.scopedVars);
    const filters = [...(full.filters ?? []), ...(request.filters ?? [])];
    return {
      uid: this.uid,
      query: full,
      range,
      keep: (row) => matches(row, filters),
    };
  }

  interpolateVariablesInQueries(queries: KubeWiseQuery[], scopedVars: ScopedVars): KubeWiseQuery[] {
    return queries.map((query) => ({ ...interpolate(query, scopedVars), datasource: this.getRef() }));
  }

  async metricFindQuery(query: string | { readonly query?: string }): Promise<MetricFindValue[]> {
    const text = typeof query === 'string' ? query : (query.query ?? '');
    return (await valuesOf(this.api, getTemplateSrv().replace(text))).map((value) => ({ text: value }));
  }

  async getTagKeys(): Promise<MetricFindValue[]> {
    return tagKeys.map((key) => ({ text: key }));
  }

  async getTagValues(options: DataSourceGetTagValuesOptions<KubeWiseQuery>): Promise<MetricFindValue[]> {
    return (await valuesOf(this.api, `${options.key}s`)).map((value) => ({ text: value }));
  }

  async testDatasource(): Promise<TestDataSourceResponse> {
    try {
      const [health, me] = await Promise.all([this.api.health(), this.api.me()]);
      return { status: 'success', message: healthSentence(health, me.role) };
    } catch (error) {
      const { kind, message } = failureOf(error);
      return {
        status: 'error',
        message: `${message} ${kind === 'Permission' ? 'Check the viewer token.' : 'Check the address of KubeWise and that it runs.'}`,
      };
    }
  }
}
