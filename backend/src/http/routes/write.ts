import { HttpProblem, settled } from '../problems.ts';
import { route, type Backend, type Route } from '../route.ts';

/** Prometheus repeats a request for ever when it is answered 5xx: where nobody receives, a 404 ends that. */
const noReceiver = (): HttpProblem =>
  new HttpProblem(404, 'NoReceiver', 'this installation takes no remote_write; it polls PROM_URL instead');

export const writeRoutes = ({ operations }: Backend): Route[] => [
  route({
    ...{ method: 'post', path: '/api/v1/write', tag: 'detection', status: 204, takes: 'bytes', maxBody: 16_000_000 },
    summary: 'remote_write of Prometheus: snappy-compressed protobuf, answered once the samples are taken in',
    async handle({ request }) {
      if (!operations.receiveWrite) throw noReceiver();
      const body: unknown = request.body;
      if (!(body instanceof Uint8Array) || body.length === 0)
        throw new HttpProblem(400, 'EmptyBody', 'body: send a remote_write request; this one is empty');
      settled(await operations.receiveWrite(body));
    },
  }),
];
