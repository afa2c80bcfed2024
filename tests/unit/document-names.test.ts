import { describe, expect, test } from 'vitest'
import { readConfig } from '../../config.ts'

const WHSEC = `whsec_${'a'.repeat(44)}`

/** The environment of the ticketing document (seed 002), section 8.1, and what it has no variable for. */
const TICKETING = {
  DATABASE_HOST: 'localhost',
  DATABASE_PORT: '5432',
  DATABASE_NAME: 'eventix_booking_db',
  DATABASE_USER: 'booking_user',
  DATABASE_PASSWORD: 'se/cret@1',
  KAFKA_BROKER: 'localhost:9092',
  KAFKA_GROUP_ID: 'booking-service-group',
  CATALOG_SERVICE_URL: 'http://catalog-service:3001',
  AUTH0_DOMAIN: 'your-tenant.auth0.com',
  AUTH0_AUDIENCE: 'https://api.eventix.com',
  TEMPORAL_ADDRESS: 'temporal:7233',
  PAYMENT_SERVICE_URL: 'http://payments.test',
  MEETING_SERVICE_URL: 'http://meetings.test',
  PAYMENT_WEBHOOK_SECRET: WHSEC,
}

describe('the environment in the words of a document', () => {
  test('F-03 F-06 that of the ticketing document is enough for database, Kafka, catalogue and Auth0', () => {
    expect(readConfig(TICKETING)).toMatchObject({
      DATABASE_URL: 'postgresql://booking_user:se%2Fcret%401@localhost:5432/eventix_booking_db',
      KAFKA_BROKERS: ['localhost:9092'],
      KAFKA_GROUP_ID: 'booking-service-group',
      CATALOG_SERVICE_URL: 'http://catalog-service:3001',
      AUTH_ISSUER: 'https://your-tenant.auth0.com/',
      AUTH_JWKS_URL: 'https://your-tenant.auth0.com/.well-known/jwks.json',
      AUTH_AUDIENCE: ['https://api.eventix.com'],
      AUTH_DEFAULT_ROLE: 'customer',
    })
  })

  test('F-03 F-06 ours count where both are set, and an empty one is not set', () => {
    const ours = {
      DATABASE_URL: 'postgresql://ours/db',
      KAFKA_BROKERS: 'ours:9092',
      AUTH_ISSUER: 'https://ours.test',
      AUTH_JWKS_URL: 'https://ours.test/keys',
      AUTH_DEFAULT_ROLE: 'none',
      AUTH_AUDIENCE: '',
    }
    expect(readConfig({ ...TICKETING, ...ours })).toMatchObject({
      DATABASE_URL: 'postgresql://ours/db',
      KAFKA_BROKERS: ['ours:9092'],
      AUTH_ISSUER: 'https://ours.test',
      AUTH_DEFAULT_ROLE: 'none',
      AUTH_AUDIENCE: ['https://api.eventix.com'],
    })
  })

  test('F-06 of a tenant beside an issuer of ours nothing is taken, neither its keys nor its role', () => {
    const issuer = { AUTH_ISSUER: 'https://ours.test', AUTH_JWKS_URL: 'https://ours.test/keys' }
    expect(readConfig({ ...TICKETING, ...issuer })).toMatchObject({ ...issuer, AUTH_DEFAULT_ROLE: 'none' })
    const { AUTH_JWKS_URL: _, ...withoutKeys } = issuer
    expect(() => readConfig({ ...TICKETING, ...withoutKeys })).toThrow('AUTH_JWKS_URL')
  })

  test('F-06 without a tenant nobody becomes a customer by it', () => {
    const { AUTH0_DOMAIN: _, ...others } = TICKETING
    const issuer = { AUTH_ISSUER: 'https://ours.test', AUTH_JWKS_URL: 'https://ours.test/keys' }
    expect(readConfig({ ...others, ...issuer }).AUTH_DEFAULT_ROLE).toBe('none')
  })

  test('F-04 the venues document’s own variables are ours', () => {
    const { AUTH0_DOMAIN, AUTH0_AUDIENCE, ...rest } = TICKETING
    const venues = {
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('DATABASE_'))),
      AUTH0_DOMAIN,
      AUTH0_AUDIENCE,
      DATABASE_URL: 'postgresql://booking_user:booking_password@localhost:5432/booking_reservation_db',
      INVENTORY_SERVICE_URL: 'http://localhost:8003',
      PRICING_SERVICE_URL: 'http://localhost:8004',
      PAYMENT_SERVICE_URL: 'http://localhost:8005',
    }
    expect(readConfig(venues)).toMatchObject({
      INVENTORY_SERVICE_URL: 'http://localhost:8003',
      PRICING_SERVICE_URL: 'http://localhost:8004',
      PAYMENT_SERVICE_URL: 'http://localhost:8005',
    })
  })
})
