import { Client, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Refused } from '../../../domain/failures.ts'
import { openClients } from '../../../services/clients.ts'
import { httpCourses, httpDirectory, httpUsers } from '../../../services/directory.ts'
import { grpcCourses, grpcUsers } from '../../../services/grpc/directory.ts'
import { CourseServiceService } from '../../../services/grpc/generated/course_service.ts'
import type { Courses } from '../../../services/ports.ts'
import { call, openSandbox } from './harness.ts'

async function open(wire: 'http' | 'grpc') {
  const sandbox = openSandbox()
  const { url } = wire === 'http' ? await sandbox.listen({ port: 0 }) : await sandbox.listenGrpc({ port: 0 })
  const clients = openClients(1500)
  onTestFinished(() => clients.close())
  return {
    url,
    clients,
    users: clients.over('user', url, httpUsers, grpcUsers),
    courses: clients.over('course', url, httpCourses, grpcCourses),
    put: async (path: string, entry: object) =>
      expect((await call(sandbox, 'PUT', `/control${path}`, entry)).status).toBe(200),
  }
}

describe.each(['http', 'grpc'] as const)('over %s', (wire) => {
  it('a user is found as their service knows them, and nobody is null (S-06, O-03)', async () => {
    const { users, put } = await open(wire)
    await put('/users/ada', { name: 'Ada', email: 'ada@example.test', phone: null })
    expect(await users.user('ada')).toEqual({ id: 'ada', name: 'Ada', email: 'ada@example.test', phone: null })
    expect(await users.user('nobody/../ada')).toBeNull()
  })

  it('a course is found with its price and whether it can be ordered, and none is null (S-06, O-03)', async () => {
    const { courses, put } = await open(wire)
    const price = { amount: 9_007_199_254_740_991, currency: 'IDR' }
    await put('/courses/ts', { title: 'TypeScript', price, is_published: false })
    expect(await courses.course('ts')).toEqual({ id: 'ts', title: 'TypeScript', price, onSale: false })
    expect(await courses.course('js')).toBeNull()
  })
})

it('tutors, pets and clinics are found over HTTP (S-06)', async () => {
  const { url, clients, put } = await open('http')
  const directory = httpDirectory(clients.http('directory', url))
  const rate = { amount: 6000, currency: 'USD' }
  await put('/tutors/tess', { name: 'Tess', email: 'tess@example.test', hourly_rate: rate })
  await put('/pets/rex', { owner_id: 'ada', name: 'Rex', species: 'dog', breed: null })
  await put('/clinics/paws', { name: 'Paws', address: '1 Park Lane', phone: null })
  expect(await directory.tutor('tess')).toEqual({
    id: 'tess',
    name: 'Tess',
    email: 'tess@example.test',
    hourlyRate: rate,
  })
  expect(await directory.pet('rex')).toEqual({ id: 'rex', ownerId: 'ada', name: 'Rex', species: 'dog', breed: null })
  expect(await directory.clinic('paws')).toEqual({ id: 'paws', name: 'Paws', address: '1 Park Lane', phone: null })
  for (const kind of ['tutor', 'pet', 'clinic'] as const) expect(await directory[kind]('nobody')).toBeNull()
})

it('the sandbox says over gRPC that it is well, as any service of its kind does (S-07)', async () => {
  const { url } = await open('grpc')
  const client = new Client(new URL(url).host, credentials.createInsecure())
  onTestFinished(() => client.close())
  const check = (healthService as typeof healthService & { Check: typeof CourseServiceService.getCourse })['Check']
  const answer = await new Promise<unknown>((resolve, reject) => {
    client.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service: '' } as unknown as Parameters<typeof check.requestSerialize>[0],
      new Metadata(),
      { deadline: Date.now() + 5000 },
      (error, message) => (error === null ? resolve(message) : reject(error)),
    )
  })
  expect(answer).toMatchObject({ status: 'SERVING' })
})

/** A course service that answers each call with one status, and counts them. */
async function courseServiceSaying(code: status): Promise<{ courses: Courses; asked: () => number }> {
  const server = new Server()
  let asked = 0
  server.addService(CourseServiceService, {
    getCourse: (_: unknown, callback: (error: object) => void) => {
      asked += 1
      callback({ code, details: 'because' })
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  const clients = openClients(1500)
  onTestFinished(async () => {
    await clients.close()
    server.forceShutdown()
  })
  return { courses: clients.over('course', `grpc://127.0.0.1:${port}`, httpCourses, grpcCourses), asked: () => asked }
}

describe('a status of gRPC', () => {
  it.each(['INVALID_ARGUMENT', 'ALREADY_EXISTS', 'FAILED_PRECONDITION', 'OUT_OF_RANGE'] as const)(
    '%s is a refusal for good, and no failure of the service (O-03)',
    async (name) => {
      const { courses, asked } = await courseServiceSaying(status[name])
      for (let time = 0; time < 6; time += 1) {
        const refusal: unknown = await courses.course('ts').catch((error: unknown) => error)
        expect(refusal).toBeInstanceOf(Refused)
        expect(refusal).toMatchObject({ code: 'policy_forbids', details: { grpc_status: name } })
      }
      expect(asked()).toBe(6)
    },
  )

  it.each([
    ['CANCELLED', 5],
    ['UNKNOWN', 5],
    ['PERMISSION_DENIED', 5],
    ['RESOURCE_EXHAUSTED', 5],
    ['UNIMPLEMENTED', 5],
    ['INTERNAL', 5],
    ['DATA_LOSS', 5],
    ['UNAUTHENTICATED', 5],
    ['DEADLINE_EXCEEDED', 5],
    // Each call of these five is made twice: the connection may have been an old one.
    ['UNAVAILABLE', 10],
    // The service works: it is not left alone.
    ['ABORTED', 7],
  ] as const)('%s leaves the outcome unknown; of seven calls the service saw %i (O-03, H-24)', async (name, seen) => {
    const { courses, asked } = await courseServiceSaying(status[name])
    for (let time = 0; time < 7; time += 1) {
      await expect(courses.course('ts')).rejects.toMatchObject({ code: 'unavailable' })
    }
    expect(asked()).toBe(seen)
  })

  it('of nobody who listens is unavailable, at once, and a service that comes back is found (O-03, H-24)', async () => {
    const first = openSandbox()
    const { port, url } = await first.listenGrpc({ port: 0 })
    await first.close()
    const clients = openClients(1500)
    onTestFinished(() => clients.close())
    const users = clients.over('user', url, httpUsers, grpcUsers)
    const began = performance.now()
    await expect(users.user('ada')).rejects.toMatchObject({ code: 'unavailable' })
    expect(performance.now() - began).toBeLessThan(1400)
    const second = openSandbox()
    await second.listenGrpc({ port })
    await expect.poll(() => users.user('ada').catch(() => 'not yet'), { timeout: 10_000 }).toBeNull()
  })
})
