import { Client, credentials } from '@grpc/grpc-js'
import { google, temporal } from '@temporalio/proto'
import { startService, whenReady } from '../../stack/service.ts'
import { freePort } from './ports.ts'

/** A Temporal server whose time can be skipped. */
export type TimeServer = {
  readonly address: string
  /** The server's time, in milliseconds. */
  now(): Promise<number>
  /** Lets so many milliseconds pass, which takes no longer than what is to be done meanwhile. */
  skip(milliseconds: number): Promise<void>
  stop(): Promise<void>
}

const { TestService } = temporal.api.testservice.v1
const { Duration } = google.protobuf

/** The SDK starts one, too, and gives it five seconds: too few for Java on a busy machine. */
const STARTS_WITHIN_MS = 60_000

/** Compiled in a hurry: it lives for a test file only, and shares two cores. */
const JAVA = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

export async function startTimeServer(path: string): Promise<TimeServer> {
  const port = await freePort()
  const service = await startService({
    name: 'Time-skipping server',
    command: path,
    // Without more arguments its time stands locked to the real one until somebody skips.
    args: [String(port)],
    env: { ...process.env, JAVA_TOOL_OPTIONS: JAVA },
    onLine: () => undefined,
  })
  const address = `127.0.0.1:${port}`
  const client = new Client(address, credentials.createInsecure())
  const tests = TestService.create((method, request, done) => {
    const name = (method as { readonly name: string }).name
    const same = (bytes: Buffer) => bytes
    client.makeUnaryRequest(
      `/temporal.api.testservice.v1.TestService/${name}`,
      same,
      same,
      Buffer.from(request),
      (error, answer) => done(error, answer),
    )
  })
  const now = async () => {
    const { time } = await tests.getCurrentTime({})
    return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1_000_000
  }
  const stop = async () => {
    client.close()
    await service.stop()
  }
  const trouble = await whenReady(
    service,
    () =>
      now().then(
        () => true,
        () => false,
      ),
    STARTS_WITHIN_MS,
  )
  if (trouble !== undefined) {
    await stop()
    throw new Error(`the time-skipping server did not start: ${trouble}`)
  }
  return {
    address,
    now,
    async skip(milliseconds) {
      const duration = Duration.fromObject({
        seconds: Math.floor(milliseconds / 1000),
        nanos: Math.floor((milliseconds % 1000) * 1_000_000),
      })
      await tests.unlockTimeSkippingWithSleep({ duration })
    },
    stop,
  }
}
