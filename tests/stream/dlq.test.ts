import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hold, pay, until } from '../support/booking.ts'
import { openStream, ticketing, withKafka, type Stream } from '../support/consumers.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats } from '../support/offers.ts'
import { readAll } from '../support/topics.ts'
import { openWorld, type World } from '../support/world.ts'

/** Long enough for a second and a third try. */
const PATIENCE_MS = 2500

describe.skipIf(inject('kafka').brokers === null)('dead letters (needs Kafka)', () => {
  let world: World
  let stream: Stream
  let folder: string
  beforeAll(async () => {
    world = await openWorld({ environment: withKafka() })
    stream = await openStream(world, { patienceMs: PATIENCE_MS })
    folder = await mkdtemp(join(tmpdir(), 'holdfast-dlq-'))
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    await stream.close()
    await world.close()
  })

  test('K-05 H-07 a fact about a booking that nobody knows is tried again, then lies there as it came, with reason, attempts and place', async () => {
    const [id, key] = [randomUUID(), `nobody-${randomUUID()}`]
    const headers = { traceparent: '00-1-2-01', tag: ['a', 'b'] }
    const sent = { ...ticketing('payment.success', { id, payment: null }), key, headers }
    await stream.send(sent)
    const [letter] = await eventually(async () => {
      const letters = await stream.deadLetters(key)
      expect(letters).toHaveLength(1)
      return letters
    }, 60)
    expect(letter).toMatchObject({ topic: 'payment.success', reason: `No booking ${id} is known here.` })
    expect(letter?.attempts).toBeGreaterThan(1)

    // As anybody's client sees it: the message as it was sent, and beside its own headers those that say what happened to it.
    const raw = (await readAll(inject('kafka').brokers ?? '', ['holdfast.dead-letters'])).filter(
      (message) => message.key === key,
    )
    const [original] = (await readAll(inject('kafka').brokers ?? '', ['payment.success'])).filter(
      (message) => message.key === key,
    )
    expect(raw.map(({ value }) => JSON.parse(value) as unknown)).toEqual([sent.value])
    expect(raw[0]?.headers).toMatchObject({
      traceparent: '00-1-2-01',
      tag: 'a,b',
      'dead-letter-reason': letter?.reason,
      'dead-letter-attempts': String(letter?.attempts),
      'dead-letter-topic': 'payment.success',
      'dead-letter-partition': String(original?.partition),
      'dead-letter-offset': String(original?.offset),
    })
  })

  test('K-05 `npm run dlq` lists, shows and replays: what was dead is alive once what was wrong is put right', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSeats(world)).order())
    // The payment service does not know of the payment for longer than anybody waits.
    await stream.send(ticketing('payment.success', booking))
    const [id = ''] = await eventually(async () => {
      const letters = await stream.deadLetters(booking.id)
      expect(letters).toHaveLength(1)
      return letters.map((letter) => letter.id)
    }, 60)
    const reason = `The payment service says that ${booking.payment?.intent_id} is requires_payment_method.`
    const { output: list } = await dlq('list')
    expect(list.split('\n').find((line) => line.startsWith(`${id}  `))).toContain(reason)
    expect(JSON.parse((await dlq('show', id)).output)).toMatchObject({ id, reason, key: booking.id, isReplayed: false })

    await pay(world, booking, 'pm_bank_immediate')
    expect(await dlq('replay', id)).toEqual({ code: 0, output: 'Replayed 1.\n', error: '' })
    await until(ada, booking.id, { status: 'confirmed' }, 60)
    await eventually(async () => {
      expect((await dlq('list')).output.split('\n').filter((line) => line.startsWith(`${id}  `))).toEqual([])
    })
    expect((await dlq('list', '--all', '--topic', 'payment.success')).output).toMatch(
      new RegExp(`^${id}  .*  replayed  `, 'm'),
    )
  })

  test('K-05 a message that was wrong itself is replayed with another body', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking, 'pm_bank_immediate')
    await stream.send({ topic: 'payment.success', key: booking.id, value: '{"eventId": "cut o' })
    const [id = ''] = await eventually(async () => {
      const letters = await stream.deadLetters(booking.id)
      expect(letters.map(({ reason }) => reason)).toEqual(['The message is not JSON.'])
      return letters.map((letter) => letter.id)
    }, 60)
    const file = join(folder, 'mended.json')
    await writeFile(file, JSON.stringify(ticketing('payment.success', booking).value))
    expect((await dlq('replay', id, '--value', file)).code).toBe(0)
    await until(ada, booking.id, { status: 'confirmed' }, 60)
  })

  test('K-05 `npm run dlq` says in a sentence what it cannot do', async () => {
    expect(await dlq('show', '0-999999')).toMatchObject({
      code: 1,
      error: 'There is no dead letter 0-999999. `npm run dlq -- list --all` shows them.\n',
    })
    expect(await dlq('replay')).toMatchObject({
      code: 1,
      error: 'Say which: `npm run dlq -- replay <id>`, or `npm run dlq -- replay --all`.\n',
    })
    expect((await dlq('list', '--topic', 'no.such.topic')).output).toBe('There are no dead letters.\n')
  })

  function dlq(...args: string[]): Promise<{ code: number; output: string; error: string }> {
    const program = fileURLToPath(new URL('../../events/dlq-main.ts', import.meta.url))
    const env = { PATH: process.env['PATH'], KAFKA_BROKERS: inject('kafka').brokers ?? '' }
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--disable-warning=TimeoutNegativeWarning', program, ...args],
        { env, maxBuffer: 64 * 1024 * 1024 },
        (failure, output, error) => {
          resolve({ code: failure === null ? 0 : Number(failure.code), output, error })
        },
      )
    })
  }
})
