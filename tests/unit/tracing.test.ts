import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { aboutBooking, bookingIdOf, bookingInQuestion, logFields, noteBooking } from '../../observability/about.ts'

const ID = '0b7a7a52-5d3c-5f0e-9c39-0d6f1d1b7a11'

/** The packages of OpenTelemetry that a fresh process has loaded once the product's parts are there and tracing was opened. */
async function loadedWith(endpoint: string | null): Promise<string[]> {
  const module = (name: string) => JSON.stringify(fileURLToPath(new URL(`../../${name}`, import.meta.url)))
  const script = `
    import { registerHooks } from 'node:module'
    const seen = new Set()
    registerHooks({ load(url, context, next) {
      const found = /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url)
      if (found) seen.add(found[1])
      return next(url, context)
    } })
    await import(${module('runtime/wire.ts')})
    const { openTracing } = await import(${module('observability/tracing.ts')})
    const config = { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 1 }
    const endpoint = ${JSON.stringify(endpoint)}
    const tracing = await openTracing(endpoint === null ? config : { ...config, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, 'x', console)
    console.log(JSON.stringify([...seen].toSorted()))
    await tracing.close()
    process.exit(0)`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as string[]
}

test(
  'O-07 without an endpoint for traces nothing of OpenTelemetry is loaded but its empty API',
  { timeout: 60_000 },
  async () => {
    expect(await loadedWith(null)).toEqual(['@opentelemetry/api'])
    const loaded = await loadedWith('http://127.0.0.1:1')
    expect(loaded).toContain('@opentelemetry/sdk-trace')
  },
)

test('O-07 what is wrong with the variables of tracing stops the process, by name', () => {
  const read = (variables: Record<string, string>) => () => readConfig(variables)
  for (const endpoint of ['collector:4318', 'grpc://collector:4317', 'nonsense']) {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT is wrong/)
  }
  expect(read({ OTEL_TRACES_SAMPLER: 'sometimes' })).toThrow(/OTEL_TRACES_SAMPLER is wrong/)
  for (const share of ['2', '-0.1', 'half']) {
    expect(read({ OTEL_TRACES_SAMPLER_ARG: share })).toThrow(/OTEL_TRACES_SAMPLER_ARG is wrong/)
  }
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).not.toThrow(/OTEL_/)
})

test('O-07 a workflow id says which booking a line is about, its own or its follow-up’s, and no other id does', () => {
  expect(bookingIdOf(ID)).toBe(ID)
  expect(bookingIdOf(`${ID}.followup`)).toBe(ID)
  for (const other of ['reconciliation', `${ID}x`, `x${ID}`, '', undefined, 7]) expect(bookingIdOf(other)).toBeNull()
})

test('O-07 the booking in question is that of the work at hand, however much goes on beside it', async () => {
  expect(logFields()).toEqual({})
  noteBooking(ID)
  expect(bookingInQuestion()).toBeNull()
  const seen = await Promise.all(
    [ID, null].map((id) =>
      aboutBooking(id, async () => {
        await Promise.resolve()
        noteBooking('00000000-0000-4000-8000-000000000000')
        await Promise.resolve()
        return logFields()
      }),
    ),
  )
  expect(seen).toEqual([{ booking_id: ID }, { booking_id: '00000000-0000-4000-8000-000000000000' }])
  expect(bookingInQuestion()).toBeNull()
})
