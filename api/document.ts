import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Variables } from './auth.ts'
import { TAGS } from './documented.ts'
import { EXAMPLES } from './examples/examples.ts'
import { PROBLEM_EXAMPLES } from './examples/problems.ts'

const DESCRIPTION = `Bookings that are priced, held, paid, confirmed, cancelled and refunded, each one a durable workflow.

**Tokens.** Every request carries \`authorization: Bearer …\`. With \`npm start\`, \`npm run token -- --sub ada\` prints one of a customer, \`--role operator\` one of an operator.

**Repeating a request.** Give an \`Idempotency-Key\` with whatever changes something: a repeated request gets the first answer.

**Errors** are problem documents (RFC 9457) with a stable \`code\`; 429 and 503 say in \`Retry-After\` when to come back.

**Money** is an integer in the minor unit of its currency: 9900 is 99 US dollars.

**Times** are instants with an offset, or \`start_local\` on the clock of the offering’s time zone.

The examples work as they stand with the demo data of \`npm start\`.`

/** The OpenAPI 3.1 document of the API as JSON (V-08). Its examples have moments that are to be written in (`asOfToday`). */
export function documentOf(api: OpenAPIHono<{ Variables: Variables }>): string {
  const registry = api.openAPIRegistry
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
  for (const [name, example] of Object.entries({ ...EXAMPLES, ...PROBLEM_EXAMPLES })) {
    registry.registerComponent('examples', name, example)
  }
  return JSON.stringify(
    api.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version: '1',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: '/api/v1' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    }),
  )
}
