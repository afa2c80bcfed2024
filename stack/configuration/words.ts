import type { Config } from '../../config.ts'

/** What a variable means, in a line. */
export type Words = Readonly<Partial<Record<keyof Config, string>>>

/** A table of the page: its title, a line before it, and its variables in the order in which they are shown. */
export type Group = { readonly title: string; readonly about?: string; readonly variables: Words }

export const PLACES: readonly Group[] = [
  {
    title: 'Database',
    variables: {
      DATABASE_URL: 'PostgreSQL 17 or later (tested with 18)',
      DATABASE_POOL_SIZE: 'connections per process',
    },
  },
  {
    title: 'Temporal',
    about:
      'The names are those of Temporal’s SDKs and its CLI. `TEMPORAL_GRPC_META_…` are headers for each call. The certificates and keys can also be called `TEMPORAL_TLS_CERT`, `TEMPORAL_TLS_KEY` and `TEMPORAL_TLS_CA`.',
    variables: {
      TEMPORAL_ADDRESS: '`host:port` of the server',
      TEMPORAL_NAMESPACE: 'the namespace of the bookings',
      TASK_QUEUE: 'the task queue of the workers',
      TEMPORAL_DEADLINE_MS:
        'how long a request waits for its booking’s workflow; after that the answer is a 503, and the same key may ask again',
      TEMPORAL_PROFILE:
        '[a profile in `temporal.toml`](https://docs.temporal.io/develop/environment-configuration), which says what the variables here do not; read where this or the file is set, by the processes and not by `npm start`, where there is no `TEMPORAL_ADDRESS`',
      TEMPORAL_CONFIG_FILE: 'another file than the CLI’s',
      TEMPORAL_API_KEY: 'for Temporal Cloud; switches TLS on',
      TEMPORAL_TLS: 'any certificate or key switches TLS on; `false` switches it off',
      TEMPORAL_TLS_CLIENT_CERT_PATH: 'the client’s certificate, as a path',
      TEMPORAL_TLS_CLIENT_CERT_DATA: 'the same, as PEM',
      TEMPORAL_TLS_CLIENT_KEY_PATH: 'the client’s key, as a path',
      TEMPORAL_TLS_CLIENT_KEY_DATA: 'the same, as PEM',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'the authorities to trust, as a path; without it the system’s',
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'the same, as PEM',
      TEMPORAL_TLS_SERVER_NAME: 'the name that the server’s certificate must have; without it the address’s',
      TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'cannot be done, and is refused: trust the server’s authority instead',
      TEMPORAL_GRPC_META: 'headers for each call, as a JSON object',
      PAYLOAD_KEYS:
        '`name:base64 of 32 bytes`, with commas between them: encrypts what Temporal stores (AES-256-GCM); the first encrypts, all decrypt',
      CODEC_ORIGIN:
        'the Temporal UI’s origin, from which a browser may ask `/codec` (with a token) or `/console/codec` (signed in at the console) to decrypt for an operator',
      BUILD_ID: 'the version of this worker, without which it has none ([ADR 0018](adr/0018-versions-of-workers.md))',
      DEPLOYMENT_NAME: 'what the versions are versions of',
      WORKFLOW_BUNDLE:
        'workflow code bundled beforehand, else it is bundled at start; with `PAYLOAD_KEYS` the file beside it that ends in `.encrypted.js`',
    },
  },
  {
    title: 'Redis',
    about: 'Optional: replicas share their limits and their cache.',
    variables: {
      REDIS_URL: '`redis://` or `rediss://`',
      REDIS_PREFIX: 'before every key',
      REDIS_DEADLINE_MS: 'of each command; after three failures in a row it is left alone for a second',
    },
  },
  {
    title: 'Kafka',
    about: 'Optional: without brokers there is no relay, and the outbox keeps what it would have sent.',
    variables: {
      KAFKA_BROKERS: '`host:port`, with commas between them',
      KAFKA_SSL: 'TLS',
      KAFKA_SASL_MECHANISM: 'how the relay signs in',
      KAFKA_SASL_USERNAME: 'needed with a mechanism',
      KAFKA_SASL_PASSWORD: 'needed with a mechanism',
      KAFKA_GROUP_ID: 'the consumer group, which all relays of a deployment share; without it `<TASK_QUEUE>.consumers`',
      KAFKA_PARTITIONS: 'of topics that are not there yet',
      KAFKA_REPLICATION: 'of topics that are not there yet',
      KAFKA_RETENTION_HOURS: 'of topics that are not there yet',
    },
  },
  {
    title: 'How long things are kept',
    variables: {
      OUTBOX_RETENTION_HOURS: 'published events; without Kafka all events ([docs/operations.md](operations.md))',
      IDEMPOTENCY_RETENTION_HOURS: 'idempotency keys with their answers',
      INBOX_RETENTION_HOURS: 'delivered payment facts',
      NOTIFICATION_RETENTION_HOURS: 'read notifications; four times that when nobody read them',
      WEBHOOK_LOG_HOURS: 'deliveries of outgoing webhooks',
    },
  },
]

export const SERVED: readonly Group[] = [
  {
    title: 'What the processes serve',
    variables: {
      PORT: 'the API, with `/health`, `/ready` and `/metrics`',
      HOST: 'of every port',
      GRPC_PORT: 'the same over gRPC',
      GRPC_DEADLINE_MS: 'for callers over gRPC who give none',
      GRPC_TLS_CERT: 'a path; needs its key',
      GRPC_TLS_KEY: 'a path; needs its certificate',
      METRICS_PORT: '`/health`, `/ready` and `/metrics` of the worker',
      RELAY_METRICS_PORT: 'the same of the relay',
      TUTORING_PORT: 'a port where the [door](doors.md) for tutoring clients is at the root',
      CLINIC_PORT: 'the same for clinic clients',
      TICKETING_PORT: 'the same for ticketing clients',
      VENUE_PORT: 'the same for venue clients',
      COURSE_PORT: 'the same for course clients, over gRPC',
      PUBLIC_URL: 'where operators’ browsers find the API: links in the Temporal UI',
      TEMPORAL_UI_URL:
        'where browsers find the Temporal UI: the console’s links to runs, and those of `npm run demo` when Temporal is not embedded',
      CONSOLE_SANDBOX_URL:
        'the development sandbox: people to sign in as at `/console`, and cards to pay with; leave it out in production',
      READY_FILE: 'the API says that it is ready only once this file is there',
      DRAIN_SECONDS:
        'how long a stopping API says that it is not ready, and goes on answering, before it listens no more',
      LOG_LEVEL: 'of the JSON lines that each process logs',
    },
  },
  {
    title: 'Who may call',
    about:
      '[docs/identity.md](identity.md) has presets for Auth0, Keycloak, Cognito and Entra. By default the claim `role` or `roles` is `customer`, `student`, `provider`, `operator` or `service`.',
    variables: {
      AUTH_ISSUER: 'who signs the callers’ JWTs',
      AUTH_JWKS_URL: 'its public keys (ES256, ES384, RS256, PS256, EdDSA)',
      AUTH_AUDIENCE: 'for whom the tokens are: names with commas between them; `*`: for anybody',
      AUTH_AUDIENCE_CLAIM: 'the claim that says for whom a token is',
      AUTH_SUBJECT_CLAIM: 'the claim that says who somebody is',
      AUTH_ROLE_CLAIMS: 'the claims that say what they may do',
      AUTH_ROLE_NAMES: 'what the issuer calls each role: `name=role`, with commas between them',
      AUTH_DEFAULT_ROLE: 'the role of a token that names none',
      AUTH_LEEWAY_SECONDS: 'how far clocks may be apart',
      AUTH_JWKS_STALE_SECONDS: 'how long the last good keys serve while the key server is away',
    },
  },
  {
    title: 'Limits',
    variables: {
      RATE_LIMIT_PER_MINUTE: 'requests per caller',
      CREATE_CONCURRENCY: 'bookings one API process makes at once; others wait, then get 503',
      EVENT_STREAM_SECONDS: 'how long a stream of events stays open',
      EVENT_STREAM_HEARTBEAT_SECONDS: 'how often it says that it is there',
      EVENT_STREAMS_PER_CALLER: 'streams of one caller in one process',
      ATTACHMENTS_MAX_BYTES: 'the largest file that can be attached',
    },
  },
  {
    title: 'Workers',
    about: 'What is not set follows from the memory of the machine, or is the SDK’s.',
    variables: {
      WORKER_CACHED_RUNS:
        'runs of bookings that a worker keeps in memory, by default a quarter of it at 64 KB each; the others are replayed with their next task',
      WORKER_WORKFLOW_SLOTS: 'workflow tasks at once',
      WORKER_ACTIVITY_SLOTS: 'activities at once',
      WORKER_LOCAL_ACTIVITY_SLOTS: 'local activities at once',
      WORKER_WORKFLOW_POLLERS: 'how many ask for workflow tasks',
      WORKER_ACTIVITY_POLLERS: 'how many ask for activities',
      RECONCILE_EVERY_SECONDS:
        'how often workflows and bookings are compared and repaired, by a Temporal Schedule that each worker’s start brings up to date; 0: none is made',
      REPORT_REFRESH_SECONDS: 'the reports’ views are refreshed when they are older',
    },
  },
  {
    title: 'Traces',
    about: 'The standard variables. Headers, compression and certificate are read, too (`OTEL_EXPORTER_OTLP_…`).',
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT:
        'an OTLP/HTTP collector, to which `/v1/traces` is added; without it there are no traces',
      OTEL_SERVICE_NAME: 'instead of `holdfast-server`, `-worker` and `-relay`',
      OTEL_TRACES_SAMPLER: 'which traces are kept',
      OTEL_TRACES_SAMPLER_ARG: 'how many of them, for a sampler by ratio',
    },
  },
]
