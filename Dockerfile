# Two stages: the first has npm and the whole repository, the second only what runs. Non-root, with a health check.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY backend/package.json backend/
COPY plugin/package.json plugin/
COPY test/package.json test/
RUN npm ci --omit=dev -w backend --no-audit --no-fund
COPY backend backend
COPY runbooks runbooks
COPY deploy/policy.yaml deploy/policy.yaml

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LOG_FORMAT=json
WORKDIR /app
COPY --from=build --chown=node:node /app ./
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8000/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "backend/bin/kubewise.mjs"]
CMD ["serve"]
