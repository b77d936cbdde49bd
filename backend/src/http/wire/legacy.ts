import { z } from 'zod';
import { AnyObject, Time } from './basic.ts';

/** The shapes of the older systems' paths; new clients use the others. */
export const LegacyHealth = z
  .object({
    status: z.string(),
    version: z.string(),
    services: z.record(z.string(), z.object({ status: z.string(), message: z.string() })),
    timestamp: Time,
  })
  .meta({ id: 'LegacyHealth' });

export const LegacyMetrics = z
  .object({
    metrics: z.record(
      z.string(),
      z.object({
        entity_id: z.string(),
        entity_type: z.string(),
        namespace: z.string(),
        metrics: z.array(
          z.object({
            query: z.string(),
            values: z.array(z.tuple([z.number(), z.number()])),
            labels: z.record(z.string(), z.string()),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'LegacyMetrics' });

export const LegacyEvent = z
  .object({
    anomaly_id: z.string(),
    incident_id: z.string().optional(),
    status: z.string(),
    detection_timestamp: Time,
    entity_id: z.string(),
    entity_type: z.string(),
    namespace: z.string(),
    anomaly_score: z.number(),
    suggested_remediation_commands: z.array(z.string()),
    ai_analysis: z.object({ root_cause: z.string(), severity: z.string(), description: z.string() }),
  })
  .meta({ id: 'LegacyEvent' });
export const LegacyEvents = z.object({ events: z.array(LegacyEvent) }).meta({ id: 'LegacyEvents' });

export const LegacyRemediation = z
  .object({
    status: z.string(),
    message: z.string(),
    event_id: z.string(),
    command: z.string(),
    result: z.object({ status: z.string(), timestamp: Time }),
  })
  .meta({ id: 'LegacyRemediation' });

export const LegacyCommands = z
  .object({ commands: z.array(z.object({ name: z.string(), usage: z.string(), description: z.string() })) })
  .meta({ id: 'LegacyCommands' });
export const LegacyQueries = z.object({ queries: z.array(z.string()) }).meta({ id: 'LegacyQueries' });
export const LegacyTrain = z
  .object({ status: z.string(), message: z.string(), job_id: z.string() })
  .meta({ id: 'LegacyTrain' });
export const ModelInfo = AnyObject.meta({ id: 'ModelInfo' });
