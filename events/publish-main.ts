// `npm run events`: writes the published form of the catalogue, the schemas and the AsyncAPI document, anew.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { commandLine, runCommand } from '../runtime/command-line.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { CATALOGUE, jsonSchemaOf } from './catalogue.ts'
import { breakingChanges } from './compatibility.ts'

const FOLDER = import.meta.dirname
const SCHEMAS = join(FOLDER, 'schemas')

const program = commandLine('events', 'Writes events/schemas and events/asyncapi.json from the catalogue.')
  .option('--breaking', 'also when readers of the published schemas would be broken by it')
  .action(({ breaking }: { breaking?: true }) => publish(breaking === true))

await runCommand(program)

function publish(isBreakingAllowed: boolean): void {
  const schemas = CATALOGUE.map((entry) => ({
    file: join(SCHEMAS, entry.profile, `${entry.type}.json`),
    schema: jsonSchemaOf(entry),
  }))
  const published = existsSync(SCHEMAS) ? readdirSync(SCHEMAS, { recursive: true, encoding: 'utf8' }) : []
  const broken = published
    .filter((path) => path.endsWith('.json'))
    .flatMap((path) => {
      const now = schemas.find(({ file }) => file === join(SCHEMAS, path))
      if (now === undefined) return [`${path}: is gone`]
      return breakingChanges(JSON.parse(readFileSync(now.file, 'utf8')), now.schema).map(
        (change) => `${path}: ${change}`,
      )
    })

  if (broken.length > 0 && !isBreakingAllowed) {
    const changes = broken.map((change) => `  ${change}`).join('\n')
    throw new Error(
      `Nothing was written, because readers would be broken by it (\`npm run events -- --breaking\` does it all the same):\n${changes}`,
    )
  }
  rmSync(SCHEMAS, { recursive: true, force: true })
  for (const { file, schema } of schemas) write(file, schema)
  write(join(FOLDER, 'asyncapi.json'), asyncApiDocument())
  execFileSync(process.execPath, [formatter(), SCHEMAS, join(FOLDER, 'asyncapi.json')])
  process.stdout.write(`${schemas.length} schemas and the AsyncAPI document are written.\n`)
}

function write(file: string, value: object): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

/** The formatter of the repository, so that what is written passes its check. */
function formatter(): string {
  const file = createRequire(import.meta.url).resolve('oxfmt/package.json')
  const { bin } = JSON.parse(readFileSync(file, 'utf8')) as { bin: string | Record<string, string> }
  return join(dirname(file), typeof bin === 'string' ? bin : (bin['oxfmt'] ?? ''))
}
