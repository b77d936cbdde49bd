import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import { rightOf, specOf } from './rights.ts';
import { routeName, type Route } from './route.ts';
import { Problem } from './wire/basic.ts';

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;
type RouteConfig = Parameters<OpenAPIRegistry['registerPath']>[0];

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
const bytes = { 'application/x-protobuf': { schema: { type: 'string' as const, format: 'binary' } } };
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

const meanings: Readonly<Record<number, string>> = {
  200: 'the answer',
  202: 'started; poll the job at Location',
  204: 'done; nothing to say',
};

function answersOf(route: Route): RouteConfig['responses'] {
  const description = meanings[route.status] ?? '';
  const text = { [route.contentType]: { schema: { type: 'string' as const } } };
  const content = route.answers ? json(route.answers) : text;
  return {
    [route.status]: route.status === 204 ? { description } : { description, content },
    ...(specOf(rightOf(routeName(route))).roles.length > 0 && {
      401: problem('no token, or one that is not known here'),
      403: problem('the role does not hold the right that this route needs'),
    }),
    default: problem('any refusal, with a reason word and a sentence that says what to do'),
  };
}

function configOf(route: Route): RouteConfig {
  const right = rightOf(routeName(route));
  const { roles } = specOf(right);
  return {
    method: route.method,
    path: route.path,
    summary: route.summary,
    tags: [route.tag],
    description: roles.length === 0 ? 'Open.' : `Right \`${right}\`; roles ${roles.join(', ')}.`,
    security: roles.length === 0 ? [] : [{ bearer: [] }],
    request: {
      ...(route.params && { params: route.params as z.ZodObject }),
      ...(route.query && { query: route.query as z.ZodObject }),
      ...(route.body && { body: { required: true, content: json(route.body) } }),
      ...(route.takes === 'bytes' && { body: { required: true, content: bytes } }),
    },
    responses: answersOf(route),
  };
}

/** OpenAPI 3.1 of exactly these routes, from the schemas that check their requests. */
export function openApiOf(routes: readonly Route[], version: string): Document {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const route of routes) registry.registerPath(configOf(route));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'KubeWise',
      version,
      description: 'Anomalies, incidents, plans and what became of them. Times are RFC 3339 in UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'this server' }],
  });
}
