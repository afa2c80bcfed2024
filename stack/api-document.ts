import { apiOf } from '../api/api.ts'
import { documentOf } from '../api/document.ts'
import { readConfig } from '../config.ts'
import type { Parts } from '../runtime/wire.ts'

/** What has to be set; nobody is called there. */
const NOWHERE = {
  DATABASE_URL: 'postgresql://localhost/nowhere',
  TEMPORAL_ADDRESS: 'localhost:0',
  PAYMENT_SERVICE_URL: 'http://localhost',
  MEETING_SERVICE_URL: 'http://localhost',
  PAYMENT_WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}`,
  AUTH_ISSUER: 'nobody',
  AUTH_JWKS_URL: 'http://localhost',
  AUTH_AUDIENCE: 'nobody',
}

/** The OpenAPI document without anything running: routes are described when they are declared, and use the rest when they are called. */
export function apiDocument(): string {
  const parts = { config: readConfig(NOWHERE), redis: null } as Parts
  return documentOf(
    apiOf(parts, () => Promise.reject(new Error('Nobody is let in here.')), new AbortController().signal),
  )
}
