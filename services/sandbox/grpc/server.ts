import { Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import type { Hono } from 'hono'
import { CourseServiceService } from '../../grpc/generated/course_service.ts'
import { PaymentServiceService } from '../../grpc/generated/payment_service.ts'
import { UserServiceService } from '../../grpc/generated/user_service.ts'
import type { SandboxEnv } from '../http/env.ts'
import { courseMethods, paymentMethods, userMethods } from './methods.ts'

/** How long answers under way may take when closing. */
const GRACE_MS = 2_000

export interface GrpcListening {
  port: number
  close(): Promise<void>
}

/**
 * Serves users, courses and payments over gRPC as well (services/proto), and the standard health service. Port 0 is any free one. Rejects when the
 * port cannot be had.
 */
export async function listenGrpc(app: Hono<SandboxEnv>, port: number, hostname: string): Promise<GrpcListening> {
  const server = new Server()
  server.addService(UserServiceService, userMethods(app))
  server.addService(CourseServiceService, courseMethods(app))
  server.addService(PaymentServiceService, paymentMethods(app))
  new HealthImplementation({ '': 'SERVING' }).addToServer(server)
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${hostname}:${port}`, ServerCredentials.createInsecure(), (error, taken) => {
      if (error === null) resolve(taken)
      else reject(error)
    })
  })
  return { port: bound, close: () => closeGrpc(server) }
}

/** Stops taking calls, lets those under way finish for two seconds, then cuts them. */
function closeGrpc(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), GRACE_MS)
    server.tryShutdown(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
