import type { Request, Response } from 'express';
import type { Operations, Recorder } from '../pipeline/ports.ts';
import { HttpProblem } from './problems.ts';
import { incidentRow } from './views/incident-view.ts';

const heartbeatMs = 15_000;
const clientsAtMost = 200;
/** A client that reads slower than this is let go; it comes back by itself and reads the list again (bytes). */
const backlogAtMost = 1_000_000;

export interface IncidentStream {
  /** Writes every stored change of an incident (of `namespace`, where given) until the client or the server goes. */
  open(request: Request, response: Response, namespace: string | undefined): void;
  close(): void;
}

/** Server-sent events: `event: incident`, `data:` an IncidentRow, `id:` its id and version. */
export function createIncidentStream(operations: Pick<Operations, 'onIncident'>, recorder: Recorder): IncidentStream {
  const clients = new Set<{ response: Response; namespace: string | undefined; end: () => void }>();
  const told = (): void => recorder.gauge('kubewise_stream_clients', clients.size);

  const stop = operations.onIncident((incident) => {
    if (clients.size === 0) return;
    const id = `${incident.id}.${incident.version}`;
    const message = `id: ${id}\nevent: incident\ndata: ${JSON.stringify(incidentRow(incident))}\n\n`;
    for (const client of clients) {
      if (client.namespace !== undefined && client.namespace !== incident.target.namespace) continue;
      client.response.write(message);
      if (client.response.writableLength > backlogAtMost) client.end();
    }
  });

  return {
    open(request, response, namespace) {
      if (clients.size >= clientsAtMost)
        throw new HttpProblem(
          503,
          'TooManyStreams',
          `${clients.size} streams are open; poll /api/v1/incidents instead`,
        );
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      });
      response.write('retry: 5000\nevent: hello\ndata: {}\n\n');
      const beat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
      const end = (): void => {
        clearInterval(beat);
        clients.delete(client);
        response.end();
        told();
      };
      const client = { response, namespace, end };
      clients.add(client);
      request.on('close', end);
      told();
    },
    close() {
      stop();
      for (const client of clients) client.end();
    },
  };
}
