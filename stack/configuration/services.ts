import type { Group } from './words.ts'

export const SERVICES: readonly Group[] = [
  {
    title: 'Payments',
    variables: {
      PAYMENT_PROVIDER: '`sandbox`: a service by our contract at `PAYMENT_SERVICE_URL`',
      PAYMENT_SERVICE_URL: '`http(s)://` or `grpc(s)://`; needed unless Stripe is the provider',
      PAYMENT_WEBHOOK_SECRET:
        '`whsec_…`, of the payment service’s [Standard Webhooks](https://www.standardwebhooks.com); has to be set with Stripe too',
      PAYMENT_TRUSTED_SOURCES:
        'Kafka topics, or `service:name` for a caller over HTTP or gRPC, with commas between them: only the payment service can write there, so that what they say was paid is believed without asking it, without an amount for the whole sum',
      STRIPE_SECRET_KEY: 'needed for `stripe`',
      STRIPE_WEBHOOK_SECRET: 'needed for `stripe`, whose webhooks come to `/api/v1/webhooks/stripe`',
      STRIPE_API_BASE: 'another address to ask than Stripe’s',
      STRIPE_DEADLINE_MS: 'how long one call to Stripe may take',
    },
  },
  {
    title: 'Other services',
    about: '[docs/services.md](services.md) has their contracts.',
    variables: {
      CATALOG_SERVICE_URL: 'events and seat prices; without it what was loaded here is what is sold',
      DIRECTORY_SERVICE_URL: 'people and pets; without it what was loaded here is what is sold',
      MEETING_SERVICE_URL: 'meeting links',
      USER_SERVICE_URL: 'what course orders are checked with; `http(s)://` or `grpc(s)://`',
      COURSE_SERVICE_URL: 'the same',
      ADVISORY_SERVICES:
        'which of `catalogue`, `course`, `directory`, `user` are no authority: what they do not know is sold as it was loaded here, instead of being refused',
      PRICING_SERVICE_URL: 'without it list prices are charged',
      INVENTORY_SERVICE_URL:
        'somebody else’s inventory instead of PostgreSQL; changes of time and units, and the waitlist, are refused then',
      SERVICE_DEADLINE_MS: 'how long one call to a service may take',
      CATALOGUE_FRESH_SECONDS: 'what the catalogue said is not asked again for so long; 0: always asked',
      CATALOGUE_STALE_SECONDS:
        'while it is down it serves up to so long, where the policy’s `stale_price_seconds` allows; 0: never',
    },
  },
  {
    title: 'Mail, files and webhooks',
    variables: {
      SMTP_URL:
        '`smtp://user:password@host:587` or `smtps://…`; without it notifications are only logged (id and type)',
      MAIL_FROM: 'the sender; needed with `SMTP_URL`',
      ATTACHMENTS_DIR: 'a folder that API and workers share; without it and without a bucket uploads answer 503',
      ATTACHMENTS_S3_BUCKET: 'a bucket instead of the folder, of anything that speaks S3',
      ATTACHMENTS_S3_ENDPOINT: 'without it AWS',
      ATTACHMENTS_S3_REGION: 'of the bucket',
      ATTACHMENTS_S3_ACCESS_KEY_ID: 'credentials, both or neither; without them the SDK’s usual places',
      ATTACHMENTS_S3_SECRET_ACCESS_KEY: 'see there',
      WEBHOOK_ALLOW_PRIVATE:
        '`true`, or addresses and networks besides the internet’s that outgoing webhooks may go to',
      WEBHOOK_DEADLINE_MS: 'how long an endpoint has to answer',
    },
  },
]
