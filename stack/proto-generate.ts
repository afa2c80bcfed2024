import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { programOf } from './checks.ts'
import { checkout } from './launcher/cache.mjs'

/** The protobuf files, and where what is made of them is kept. */
const PROTO = join(checkout, 'api', 'proto')
const GRPC = join(checkout, 'api', 'grpc')
const DESCRIPTOR = 'descriptor.binpb'

/**
 * Lints the protobuf files, refuses what would break a client of the published descriptor (unless `breaking`), and writes TypeScript and descriptor
 * below `folder`, api/grpc by default; `proto` is where the files are. Works without a network. Throws an Error that says what buf found.
 */
export function generateProto({ breaking = false, folder = GRPC, proto = PROTO } = {}): void {
  const buf = (...args: string[]) => runBuf(proto, args)
  buf('lint')
  const published = join(GRPC, DESCRIPTOR)
  if (!breaking && existsSync(published)) buf('breaking', '--against', published)
  buf('build', '--exclude-source-info', '--output', join(folder, DESCRIPTOR))
  // The template with its output elsewhere: buf's own --output would be joined with it.
  const template = readFileSync(join(proto, 'buf.gen.yaml'), 'utf8').replace(
    '../grpc/generated',
    join(folder, 'generated'),
  )
  buf('generate', '--template', template)
}

function runBuf(cwd: string, args: readonly string[]): void {
  // buf looks for its plugin in the path.
  const programs = join(checkout, 'node_modules', '.bin')
  const PATH = [programs, dirname(process.execPath), process.env['PATH']].join(delimiter)
  const { status, stdout, stderr } = spawnSync(process.execPath, [programOf('@bufbuild/buf:buf'), ...args], {
    cwd,
    env: { ...process.env, PATH },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`buf ${args[0]} failed\n${stdout}${stderr}`.trim())
}
