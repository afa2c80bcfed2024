import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import type { BookingBody } from '../../../api/schemas/booking.ts'
import { startInboxPoller } from '../../../events/inbox.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { hold, ledgerOf, pay, until } from '../../support/booking.ts'
import type { Caller } from '../../support/caller.ts'
import { eventually } from '../../support/eventually.ts'
import { offerSlots, type Offer } from '../../support/offers.ts'
import { historyOf } from '../../support/replay.ts'
import { bundleOf, buildsOf, rollout, runVersion, type Version } from '../../support/versions.ts'
import { openWorld, type World } from '../../support/world.ts'

const PRICE = 15_000_000
/** Workers and commands are started by the dozen. */
vi.setConfig({ testTimeout: 120_000 })

let world: World
let ada: Caller
let clinic: Offer
let folder: string
let poller: { stop(): Promise<void> }
/** The code as it is; the next version with a patch; and the same without, which fits no run that is under way. */
let asItIs: string
let patchedCode: string
let unpatchedCode: string
const running = new Map<string | null, Version>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-versions-'))
  asItIs = inject('shared').bundlePath
  patchedCode = await bundleOf(new URL('../../workflows/second-look.ts', import.meta.url), folder)
  unpatchedCode = await bundleOf(new URL('../../workflows/second-look-unpatched.ts', import.meta.url), folder)
  world = await openWorld({
    worker: false,
    environment: { DEPLOYMENT_NAME: `test-${randomUUID()}`, TEMPORAL_DEADLINE_MS: '10000' },
  })
  poller = startInboxPoller(world.parts, 200)
  ada = await world.as('customer', 'ada')
  clinic = await offerSlots(world, { capacity: 50 })
})
afterAll(async () => {
  await poller?.stop()
  for (const build of running.keys()) await stop(build)
  // They were made by several versions: each test replays its own.
  await world?.close({ replay: false })
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

async function start(build: string | null, code: string): Promise<Version> {
  const version = await runVersion(world, build, code)
  running.set(build, version)
  return version
}

async function stop(build: string | null): Promise<void> {
  await running.get(build)?.stop()
  running.delete(build)
}

async function paid(booking: BookingBody): Promise<BookingBody> {
  await pay(world, booking)
  return until(ada, booking.id, { status: 'confirmed' }, 30)
}

async function cancelled({ id }: BookingBody): Promise<void> {
  expect((await ada.post(`/bookings/${id}/cancel`, {})).status).toBe(200)
  await until(ada, id, { status: 'cancelled', waiting_for: null }, 30)
  await world.parts.temporal.workflow.getHandle(id).result()
}

async function misfitOf(booking: BookingBody, codePath: string): Promise<string | null> {
  const history = await historyOf(world.parts.temporal, booking.id)
  try {
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, booking.id)
    return null
  } catch (error) {
    return String(error)
  }
}

const didWork = ({ ran }: Version, { id }: BookingBody) => ran.some(({ workflowId }) => workflowId === id)

describe('H-23 the first version', () => {
  test('H-23 while none is current, workers without a version take everything, and those with one wait', async () => {
    const plain = await start(null, asItIs)
    const one = await start('one', asItIs)
    await eventually(async () =>
      expect(await rollout(world, 'status')).toMatch(/^version {2}one {2}open runs 0 {2}inactive$/m),
    )
    const before = await hold(ada, clinic.order())
    expect(await buildsOf(world, before.id)).toEqual([null])

    await stop(null)
    expect(didWork(plain, before)).toBe(true)
    // Nobody is there for it: the customer is told to come back, and gets what was asked for under the same key.
    const key = { 'idempotency-key': randomUUID() }
    const late = await ada.post('/bookings', clinic.order(), key)
    expect(late).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(await rollout(world, 'current', 'one')).toBe('Current: one.')
    const served = await ada.post<BookingBody>('/bookings', clinic.order(), key)
    expect(served.status).toBe(201)
    expect(await buildsOf(world, served.body.id)).toContain('one')

    // What had begun without a version goes on with it.
    await paid(before)
    expect(didWork(one, before)).toBe(true)
    expect((await buildsOf(world, before.id)).slice(-1)).toEqual(['one'])
    await cancelled(before)
    await cancelled(served.body)
    expect(await ledgerOf(world, before.id)).toMatchObject({ captured: PRICE, refunded: PRICE })
  })

  test('every command of the rollout may be repeated, and says what is wrong with what cannot be', async () => {
    expect(await rollout(world, 'current', 'one')).toBe('Current: one.')
    expect(await rollout(world, 'current', 'one', '--keep-open')).toContain('Kept where they were: 0.')
    expect(await rollout(world, 'keep', 'one')).toBe('Kept with one: 0.')
    expect(await rollout(world, 'status')).toBe('current  one\nramping  nothing\nversion  one  open runs 0  current')
    const refusals: [string, ...string[]][] = [
      ['Say which: `npm run rollout -- current <build>`', 'current'],
      ['Say which: `npm run rollout -- current <build>`', 'current', 'one', '--none'],
      ['not found in deployment', 'current', 'nobody', '--wait', '0'],
      ['It is not the name of a build.', 'current', "a' OR 'b"],
      ['It is not 0 to 100.', 'ramp', 'one', '120'],
      ['is already current', 'ramp', 'one', '50'],
    ]
    await Promise.all(
      refusals.map(([reason, ...args]) => expect(rollout(world, ...args), args.join(' ')).rejects.toThrow(reason)),
    )
    expect(await rollout(world, 'status', '--json')).toContain('"current":"one"')
  })
})

describe('H-23 a rolling upgrade', () => {
  test('H-23 the patched way: open bookings move to the new version, finish there, and are charged once', async () => {
    const [held, confirmed] = [await hold(ada, clinic.order()), await paid(await hold(ada, clinic.order()))]
    expect(await misfitOf(held, patchedCode)).toBeNull()

    const two = await start('two', patchedCode)
    expect(await rollout(world, 'current', 'two')).toBe('Current: two.')
    await stop('one')
    await paid(held)
    await cancelled(confirmed)
    const fresh = await paid(await hold(ada, clinic.order()))
    for (const { id } of [held, confirmed]) {
      const builds = await buildsOf(world, id)
      expect(new Set(builds)).toEqual(new Set(['one', 'two']))
      expect(builds.lastIndexOf('one')).toBeLessThan(builds.indexOf('two'))
    }
    expect(new Set(await buildsOf(world, fresh.id))).toEqual(new Set(['two']))
    expect(two.ran.filter(({ workflowId }) => workflowId === held.id).map(({ activity }) => activity)).toContain(
      'capture',
    )
    expect(await ledgerOf(world, held.id)).toEqual({ authorized: PRICE, captured: PRICE })
    expect(await ledgerOf(world, confirmed.id)).toMatchObject({ captured: PRICE, refunded: PRICE })

    // Those that are new have the step and its patch; those that are older do without both.
    for (const booking of [held, confirmed, fresh]) expect(await misfitOf(booking, patchedCode)).toBeNull()
    expect(await misfitOf(held, asItIs)).toBeNull()
    expect(await misfitOf(fresh, asItIs)).not.toBeNull()
    await cancelled(held)
    await cancelled(fresh)
  })

  test('H-23 the pinned way: open bookings stay with the old worker until they are over, new ones go to the new one', async () => {
    const two = running.get('two')!
    const [old, older] = [await hold(ada, clinic.order()), await paid(await hold(ada, clinic.order()))]
    const three = await start('three', unpatchedCode)
    expect(await rollout(world, 'current', 'three', '--keep-open')).toBe('Current: three.\nKept where they were: 2.')
    expect(await rollout(world, 'current', 'three', '--keep-open')).toBe('Current: three.\nKept where they were: 0.')

    const fresh = await paid(await hold(ada, clinic.order()))
    await paid(old)
    expect([didWork(three, old), didWork(two, fresh)]).toEqual([false, false])
    expect(new Set(await buildsOf(world, old.id))).toEqual(new Set(['two']))
    expect(new Set(await buildsOf(world, fresh.id))).toEqual(new Set(['three']))
    for (const { id } of [old, fresh]) {
      expect(await ledgerOf(world, id)).toEqual({ authorized: PRICE, captured: PRICE })
    }
    await eventually(async () => expect(await rollout(world, 'status')).toContain('version  two  open runs 2'))
    for (const booking of [old, older, fresh]) await cancelled(booking)
    await eventually(async () => expect(await rollout(world, 'status')).toContain('version  two  open runs 0'))
    await stop('two')
  })

  test('H-23 a change that fits no open booking is stopped by the gate; made current all the same, it only halts them until it is taken back', async () => {
    await start('four', asItIs)
    await rollout(world, 'current', 'four')
    const open = await hold(ada, clinic.order())
    expect(await misfitOf(open, unpatchedCode)).toMatch(/Nondeterminism|TMPRL1100/)
    expect(await misfitOf(open, patchedCode)).toBeNull()

    await start('five', unpatchedCode)
    await rollout(world, 'current', 'five')
    await pay(world, open)
    await eventually(async () => expect(await failedTasksOf(open)).toBeGreaterThan(0))
    await until(ada, open.id, { status: 'pending' })
    await rollout(world, 'current', 'four')
    await until(ada, open.id, { status: 'confirmed' }, 45)
    expect(await buildsOf(world, open.id)).not.toContain('five')
    expect(await ledgerOf(world, open.id)).toEqual({ authorized: PRICE, captured: PRICE })
    await cancelled(open)
  })

  test('H-23 a ramp gives the new version some of the bookings; they are kept with it when it is taken back, and released later', async () => {
    await start('six', patchedCode)
    expect(await rollout(world, 'ramp', 'six', '100')).toBe('Ramping: six, 100 %.')
    const first = await hold(ada, clinic.order())
    expect(await buildsOf(world, first.id)).toEqual(['six'])
    expect(await rollout(world, 'status')).toContain('current  four\nramping  six, 100 %')
    await eventually(async () => expect(await rollout(world, 'keep', 'six')).toBe('Kept with six: 1.'))
    expect(await rollout(world, 'ramp', 'six', '0')).toBe('Ramping: nothing.')

    const second = await hold(ada, clinic.order())
    expect(await buildsOf(world, second.id)).toEqual(['four'])
    await paid(first)
    expect(new Set(await buildsOf(world, first.id))).toEqual(new Set(['six']))
    const seven = await start('seven', patchedCode)
    expect(await rollout(world, 'current', 'seven')).toBe('Current: seven.')
    // Its last worker is gone, and its booking is not.
    await stop('six')
    await eventually(async () => expect(await rollout(world, 'release', 'six')).toBe('Released from six: 1.'))
    for (const booking of [first, second]) {
      await cancelled(booking)
      expect(didWork(seven, booking)).toBe(true)
    }
  })

  test('the runbook and the manifests ask for nothing that the rollout does not know', async () => {
    const files = [
      'docs/runbook.md',
      'docs/adr/0018-versions-of-workers.md',
      'deploy/kubernetes/worker-version.example.yaml',
    ]
    const text = files.map((file) => readFileSync(join(checkout, file), 'utf8')).join('\n')
    const asked = [...text.matchAll(/npm run rollout -- (?<command>\w+)(?<rest>[^\n`#]*)/g)]
    expect(asked.length).toBeGreaterThan(8)
    const wanted = new Map<string, string[]>()
    for (const { groups } of asked) {
      const options = groups?.['rest']?.match(/--[\w-]+/g) ?? []
      wanted.set(groups?.['command'] ?? '', [...(wanted.get(groups?.['command'] ?? '') ?? []), ...options])
    }
    await Promise.all(
      [...wanted].map(async ([command, options]) => {
        const help = await rollout(world, command, '--help')
        expect(help).toContain(`Usage: npm run rollout -- ${command}`)
        for (const option of options) expect(help).toContain(option)
      }),
    )
  })
})

async function failedTasksOf({ id }: BookingBody): Promise<number> {
  const history = await historyOf(world.parts.temporal, id)
  return (history?.events ?? []).filter(({ workflowTaskFailedEventAttributes: failed }) => failed).length
}
