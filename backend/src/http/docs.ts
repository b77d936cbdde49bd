import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Response } from 'express';
import { HttpProblem } from './problems.ts';
import { route, type Route } from './route.ts';
import { FilePath } from './wire/queries.ts';

const require = createRequire(import.meta.url);
/** Everything the two pages load is served from here: no other host is asked. */
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
const redoc = join(dirname(require.resolve('redoc/package.json')), 'bundles');

const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  docs: {
    'swagger-ui.css': join(swagger, 'swagger-ui.css'),
    'swagger-ui-bundle.js': join(swagger, 'swagger-ui-bundle.js'),
    'favicon-32x32.png': join(swagger, 'favicon-32x32.png'),
  },
  redoc: { 'redoc.standalone.js': join(redoc, 'redoc.standalone.js') },
};

const page = (title: string, head: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
  `<meta name="viewport" content="width=device-width, initial-scale=1">${head}</head><body>${body}</body></html>`;

const pages: Readonly<Record<string, string>> = {
  docs: page(
    'KubeWise API',
    '<link rel="stylesheet" href="docs/swagger-ui.css"><link rel="icon" href="docs/favicon-32x32.png">',
    '<div id="ui"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script>',
  ),
  redoc: page(
    'KubeWise API reference',
    '',
    '<div id="ui"></div><script src="redoc/redoc.standalone.js"></script><script src="redoc/start.js"></script>',
  ),
};
const scripts: Readonly<Record<string, string>> = {
  docs: "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#ui', deepLinking: true, validatorUrl: null });",
  redoc: "Redoc.init('openapi.json', { disableSearch: false }, document.getElementById('ui'));",
};

/** The pages style themselves and draw icons from data; nothing else is allowed, and nothing from another host. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const text = (response: Response, type: string, body: string): void => {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Cache-Control', 'public, max-age=300');
  response.type(type).send(body);
};

function sendFile(response: Response, path: string): Promise<void> {
  response.setHeader('Cache-Control', 'public, max-age=3600');
  return new Promise((resolve, reject) =>
    response.sendFile(path, { dotfiles: 'allow' }, (error?: Error) => (error ? reject(error) : resolve())),
  );
}

function pageRoutes(name: 'docs' | 'redoc', summary: string): Route[] {
  return [
    route({
      ...{ method: 'get', path: `/${name}`, tag: 'documentation', contentType: 'text/html', summary },
      handle: async ({ response }) => text(response, 'html', pages[name] ?? ''),
    }),
    route({
      ...{ method: 'get', path: `/${name}/{file}`, tag: 'documentation', contentType: 'application/octet-stream' },
      params: FilePath,
      summary: 'What that page loads',
      async handle({ params, response }) {
        if (params.file === 'start.js') return text(response, 'js', scripts[name] ?? '');
        const path = files[name]?.[params.file];
        if (path === undefined) throw new HttpProblem(404, 'NotFound', `there is no ${params.file}`);
        return sendFile(response, path);
      },
    }),
  ];
}

/** `document` is asked for once the routes are known: it describes these routes too. */
export const docRoutes = (document: () => object): Route[] => [
  route({
    ...{ method: 'get', path: '/openapi.json', tag: 'documentation', contentType: 'application/json' },
    summary: 'This description, OpenAPI 3.1',
    handle: async ({ response }) => void response.json(document()),
  }),
  ...pageRoutes('docs', 'Swagger UI'),
  ...pageRoutes('redoc', 'ReDoc'),
];
