import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from './cache.mjs'
import { alone } from './mutex.mjs'
import { step } from './progress.mjs'
import { Failure, runTool } from './tool.mjs'

/** Generates the Prisma client when the schema or Prisma itself changed since the last time. */
export async function ensurePrismaClient(node, root = checkout) {
  const schema = join(root, 'prisma', 'schema.prisma')
  const prisma = join(root, 'node_modules', 'prisma')
  if (!existsSync(schema) || !existsSync(prisma)) return
  const { version } = JSON.parse(readFileSync(join(prisma, 'package.json'), 'utf8'))
  const wanted = createHash('sha256').update(readFileSync(schema)).update(version).digest('hex')
  const stamp = join(root, 'prisma', 'generated', '.holdfast-stamp')
  const fresh = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (fresh()) return
  await alone(join(root, '.holdfast', 'prisma.lock'), async () => {
    if (fresh()) return
    await step('Generating the database client', () => generate(node, prisma, root))
    writeFileSync(stamp, wanted)
  })
}

async function generate(node, prisma, root) {
  // `generate` looks for a schema engine to download although this generator never runs it: any file will do.
  const env = {
    PRISMA_SCHEMA_ENGINE_BINARY: node,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
    ...process.env,
  }
  await runTool(node, [join(prisma, 'build', 'index.js'), 'generate'], { cwd: root, env }).catch((error) => {
    throw new Failure(`The database client could not be generated from prisma/schema.prisma:\n${error.output.trim()}`)
  })
}
