# syntax=docker/dockerfile:1
# Sealstream's services and jobs in one image; docker-compose.yml says which of them a container runs.

FROM node:20.20.2-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production

# What runs. chdb is ClickHouse within a process, for `npm start`: here ClickHouse is a container of its own.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/chdb node_modules/@chdb \
    && npm cache clean --force

FROM base AS build
COPY package.json package-lock.json ./
RUN NODE_ENV=development npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY schemas ./schemas
COPY services ./services
COPY infra ./infra
COPY test ./test
RUN npm run build && rm -rf dist/test

FROM base AS sealstream
# Where volumes are mounted: a volume takes over whose these are.
RUN install -d -o node -g node \
    /var/lib/sealstream/keys /var/lib/sealstream/log /var/lib/sealstream/witness /run/sealstream/settings \
    /run/sealstream/clickhouse-users /run/sealstream/redis /run/sealstream/secret /run/sealstream/log-key /run/sealstream/witness
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE NOTICE ./
COPY schemas ./schemas
COPY services/alerts/pack/rules ./services/alerts/pack/rules
COPY services/cli/bin.mjs ./services/cli/bin.mjs
COPY infra/clickhouse/migrations ./infra/clickhouse/migrations
COPY infra/docker/healthcheck.mjs ./infra/docker/healthcheck.mjs
USER node
EXPOSE 8080
CMD ["node", "dist/services/gateway/main.js"]
