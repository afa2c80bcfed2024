import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { readConfig } from '../../../config.ts'
import { startTemporal, type Temporal } from '../../../stack/temporal.ts'
import { encryptionCodec, type PayloadKey } from '../../../temporal/codec.ts'
import { holdfastPlugin } from '../../../temporal/plugin.ts'
import { registerSearchAttributes } from '../../../temporal/search-attributes.ts'
import { hold, pay, until } from '../../support/booking.ts'
import { offerSlots } from '../../support/offers.ts'
import { openWorld, type World } from '../../support/world.ts'

const UI = 'http://localhost:8233'
const keyText = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const [NEW_KEY, OLD_KEY] = [keyText('new'), keyText('old')]

const CUSTOMER = { id: 'ada', name: 'Augusta Ada King', email: 'augusta@lovelace.example', phone: '+44 20 7946 0001' }
const NOTES = 'Milo is afraid of hoovers'

describe('what Temporal stores when PAYLOAD_KEYS is set', () => {
  let folder: string
  let temporal: Temporal
  let world: World
  let booking: BookingBody
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-encrypted-'))
    const dataFile = join(folder, 'temporal.sqlite')
    temporal = await startTemporal({ dataFile, port: 0, uiPort: null, namespace: 'default', log: () => undefined })
    await registerSearchAttributes({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' })
    const environment = { PAYLOAD_KEYS: `${NEW_KEY},${OLD_KEY}`, CODEC_ORIGIN: UI }
    world = await openWorld({ temporal, environment })
    const olga = await world.as('operator', 'olga')
    const offer = await offerSlots(world, { capacity: 1 })
    booking = await hold(olga, offer.order({ customer: CUSTOMER, notes: NOTES }))
    // A refusal is a failure in a history, and its message is hidden as well.
    await olga.post(`/bookings/${booking.id}/status`, { action: 'complete', reason: `told by ${CUSTOMER.name}` })
    await pay(world, booking)
    await until(olga, booking.id, { status: 'confirmed' })
    await olga.post(`/bookings/${booking.id}/cancel`, { reason: `asked for by ${CUSTOMER.name}` })
    await until(olga, booking.id, { status: 'cancelled', waiting_for: null })
  })
  afterAll(async () => {
    await world?.close()
    await temporal?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  test('its database has no name, address, number or note of a customer, and the booking still runs its course', async () => {
    // Also what is not in the main file yet: SQLite keeps it in files beside it.
    // These come and go while they are read.
    const files = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name)).catch(() => Buffer.of())),
    )
    const stored = Buffer.concat(files)
    expect(stored.includes(booking.id)).toBe(true)
    for (const secret of [CUSTOMER.name, 'lovelace', CUSTOMER.phone, 'hoovers', 'Vaccination']) {
      expect(stored.includes(secret), `Temporal's database has "${secret}"`).toBe(false)
      expect(stored.includes(Buffer.from(secret).toString('base64').slice(0, -4))).toBe(false)
    }
  })

  test('a program without the keys cannot read it; one with them can, also after they were rotated', async () => {
    const read = async (keys: string) => {
      const config = readConfig({ ...environmentOf(world), PAYLOAD_KEYS: keys })
      const client = new Client({
        connection: world.parts.temporal.connection,
        plugins: [holdfastPlugin(config)],
      })
      return client.workflow.getHandle(booking.id).result() as Promise<unknown>
    }
    await expect(read(`${keyText('newest')},${NEW_KEY}`)).resolves.toMatchObject({ status: 'cancelled' })
    await expect(read(OLD_KEY)).rejects.toThrow('there is no payload key new')
    await expect(read('')).rejects.toThrow('Unknown encoding: binary/encrypted')
  })

  test('the codec server shows it to operators, from the origin of the UI only', async () => {
    const { payloads } = await storedInput()
    const post = async (role: 'operator' | 'customer' | null, path: string, body: unknown, origin = UI) => {
      const { body: token } = await world.service.post<{ access_token: string }>('/oauth/token', { sub: 'olga', role })
      return fetch(`${world.apiUrl}/codec/${path}`, {
        method: 'POST',
        headers: {
          origin,
          'content-type': 'application/json',
          ...(role && { authorization: `Bearer ${token.access_token}` }),
        },
        body: JSON.stringify(body),
      })
    }
    const answer = await post('operator', 'decode', { payloads })
    expect(answer.headers.get('access-control-allow-origin')).toBe(UI)
    const shown = ((await answer.json()) as { payloads: { data: string }[] }).payloads
    const order = JSON.parse(Buffer.from(shown[0]!.data, 'base64').toString()) as object
    expect(order).toMatchObject({ order: { customer: { id: CUSTOMER.id, email: null }, notes: NOTES } })

    const again = await post('operator', 'encode', { payloads: shown })
    const { payloads: hidden } = (await again.json()) as { payloads: unknown[] }
    expect(JSON.stringify(hidden)).not.toContain(shown[0]!.data)
    expect(await (await post('operator', 'decode', { payloads: hidden })).json()).toEqual({ payloads: shown })

    expect((await post('customer', 'decode', { payloads })).status).toBe(403)
    expect((await post(null, 'decode', { payloads })).status).toBe(401)
    expect((await post('operator', 'decode', { payloads: 'all' })).status).toBe(422)
    const [first] = payloads
    const changed = [{ ...first, data: Buffer.from('nonsense of some length, no cipher').toString('base64') }]
    expect((await post('operator', 'decode', { payloads: changed })).status).toBe(422)
    const stranger = await post('operator', 'decode', { payloads }, 'https://evil.example')
    expect(stranger.headers.get('access-control-allow-origin')).not.toBe('https://evil.example')
  })

  async function storedInput(): Promise<{ payloads: { metadata: Record<string, string>; data: string }[] }> {
    const history = await world.parts.temporal.workflow.getHandle(booking.id).fetchHistory()
    const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
    const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')
    return {
      payloads: input.map(({ metadata, data }) => ({
        metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, text(value)])),
        data: text(data),
      })),
    }
  }
})

describe('payload keys', () => {
  const key = (id: string): PayloadKey => ({ id, secret: randomBytes(32) })
  const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"secret"') }

  test('what is stored under one name cannot be passed off as another’s, nor be changed', async () => {
    const [a, b] = [key('a'), key('b')]
    const [hidden] = await encryptionCodec([a]).encode([payload])
    const renamed = { ...hidden, metadata: { ...hidden!.metadata, 'encryption-key-id': Buffer.from('b') } }
    await expect(encryptionCodec([a, { ...b, secret: a.secret }]).decode([renamed])).rejects.toThrow(
      'unable to authenticate data',
    )
    const data = Buffer.from(hidden!.data ?? [])
    data[14]! ^= 1
    await expect(encryptionCodec([a]).decode([{ ...hidden, data }])).rejects.toThrow('unable to authenticate data')
  })

  test('what was stored before encryption was turned on is still read', async () => {
    expect(await encryptionCodec([key('a')]).decode([payload])).toEqual([payload])
  })

  test('keys that cannot be used stop the process by name', () => {
    const environment = (keys: string) => () => readConfig({ PAYLOAD_KEYS: keys })
    expect(environment('a:short')).toThrow('PAYLOAD_KEYS is wrong: an entry is not name:base64 of 32 bytes')
    expect(environment(`${NEW_KEY},${NEW_KEY}`)).toThrow('two keys have the same name')
  })
})

/** The variables of a world, as text again. */
function environmentOf({ config }: World): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}
