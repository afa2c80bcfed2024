import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { createSandbox } from '../../../services/sandbox/app.ts'
import { call, openReceiver, openSandbox, until } from './harness.ts'
import { capture, confirm, createIntent, money, paid, read, refund } from './money.ts'

function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'sandbox.db')
}

it('keeps payments, ledger, keys, directory, catalogue, units and signing key over a restart', async () => {
  const database = databaseFile()
  const before = openSandbox({ database })
  const intent = await paid(before, 'pm_card_visa')
  await capture(before, intent, {}, 'cap')
  await call(before, 'PUT', '/control/clinics/c1', { name: 'Paws' })
  const event = {
    name: 'Concert',
    venue: { id: 'v1', name: 'Hall' },
    starts_at: '2030-05-01T18:00:00Z',
    ends_at: '2030-05-01T20:00:00Z',
    on_sale: true,
    currency: 'EUR',
  }
  await call(before, 'PUT', '/control/events/e1', { ...event, seats: [{ id: 'A1', price: 25.5 }] })
  await call(before, 'PUT', '/control/inventory/units', { units: [{ offering_id: 'o', unit_id: 'u', kind: 'seat' }] })
  const hold = { lock_id: 'l1', expires_at: '2030-01-01T00:00:00Z', items: [{ item_id: 'i', offering_id: 'o' }] }
  const reserved = await call(before, 'POST', '/api/v1/inventory/reserve', hold)
  const jwks = (await call(before, 'GET', '/.well-known/jwks.json')).body
  const lines = await money(before)
  await before.close()

  const after = openSandbox({ database })
  expect(await money(after)).toEqual(lines)
  expect((await capture(after, intent, {}, 'cap')).headers.get('idempotency-replayed')).toBe('true')
  expect((await refund(after, intent, 1000)).status).toBe(201)
  expect((await call(after, 'GET', '/internal/clinics/c1')).body).toMatchObject({ id: 'c1', name: 'Paws' })
  expect((await call(after, 'GET', '/internal/events/e1')).body).toEqual({
    ...event,
    id: 'e1',
    starts_at: '2030-05-01T18:00:00.000Z',
    ends_at: '2030-05-01T20:00:00.000Z',
  })
  expect((await call(after, 'POST', '/internal/events/e1/seats/prices', { seatIds: ['A1'] })).body).toEqual([
    { id: 'A1', price: 25.5, currency: 'EUR' },
  ])
  expect((await call(after, 'POST', '/api/v1/inventory/reserve', hold)).body).toEqual(reserved.body)
  expect((await call(after, 'GET', '/.well-known/jwks.json')).body).toEqual(jwks)
})

it('finishes after a restart what pm_bank_slow began before it', async () => {
  const database = databaseFile()
  const receiver = await openReceiver()
  const before = openSandbox({ database })
  const due = await paid(before, 'pm_bank_slow', { booking_id: 'due' }, { processing_seconds: 0 })
  const later = await paid(before, 'pm_bank_slow', { booking_id: 'later' }, { processing_seconds: 0.3 })
  await before.close()

  const after = openSandbox({ database, webhookUrl: receiver.url })
  const settled = () => receiver.deliveries.filter(({ type }) => type === 'payment_intent.succeeded')
  await until(settled, ({ length }) => length === 2)
  expect(settled().map(({ data }) => data.booking_id)).toEqual(['due', 'later'])
  expect(await read(after, due)).toMatchObject({ status: 'succeeded' })
  expect(await read(after, later)).toMatchObject({ status: 'succeeded' })
})

it('delivers after a restart the webhooks it could not deliver before, under their ids', async () => {
  const database = databaseFile()
  const receiver = await openReceiver()
  receiver.answers.push(500)
  const before = openSandbox({ database, webhookUrl: receiver.url })
  await paid(before, 'pm_bank_immediate')
  await until(
    () => receiver.deliveries.length,
    (count) => count === 1,
  )
  await before.close()
  openSandbox({ database, webhookUrl: receiver.url })
  await until(
    () => receiver.deliveries.length,
    (count) => count === 2,
  )
  expect(new Set(receiver.deliveries.map(({ id }) => id)).size).toBe(1)
})

it('heals at a restart: the fault plan is not kept', async () => {
  const database = databaseFile()
  const before = openSandbox({ database })
  await call(before, 'PUT', '/control/faults', { rules: [{ service: 'payments', status: 500 }] })
  await before.close()
  const after = openSandbox({ database })
  expect((await call(after, 'GET', '/control/faults')).body).toMatchObject({ rules: [] })
  expect((await confirm(after, await createIntent(after), 'pm_card_visa')).status).toBe(200)
})

it('refuses a database of another version', () => {
  const database = databaseFile()
  const file = new DatabaseSync(database)
  file.exec('pragma user_version = 99')
  file.close()
  const open = () =>
    createSandbox({ database, issuer: 'i', audience: 'a', webhookUrl: null, webhookSecret: 'whsec_AAAA' })
  expect(open).toThrow(/version 99/)
})

it('has a ledger that cannot be rewritten, not even with SQL', async () => {
  const database = databaseFile()
  const sandbox = openSandbox({ database })
  await paid(sandbox, 'pm_bank_immediate')
  const file = new DatabaseSync(database)
  expect(() => file.exec('update ledger set amount = 1')).toThrow(/append-only/)
  expect(() => file.exec('delete from ledger')).toThrow(/append-only/)
  file.close()
})
