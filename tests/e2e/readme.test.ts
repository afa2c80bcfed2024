import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDemoData } from '../../stack/demo-data.ts'
import { tokenFor } from '../../stack/sandbox-token.ts'
import { openWorld, type World } from '../support/world.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const hasTools = ['bash', 'curl', 'jq'].every((tool) => spawnSync(tool, ['--version']).status === 0)

let world: World
beforeAll(async () => {
  world = await openWorld()
  const [api, sandbox] = [`http://127.0.0.1:${world.config.PORT}`, world.sandboxUrl]
  await loadDemoData({ api, sandbox, docs: '', temporalUi: undefined, temporalAddress: '', databaseUrl: '' })
})
afterAll(() => world.close())

describe.skipIf(!hasTools)('needs bash, curl and jq: the README’s booking by hand', () => {
  test('shows what really comes back', async () => {
    const api = `http://127.0.0.1:${world.config.PORT}`
    const sandbox = world.sandboxUrl

    const story = blocksOf(sectionOf(README, 'One booking, by hand'))
    const commands = story.filter(({ language }) => language === 'sh').map(({ text }) => text)
    const shown = story.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text) as object)
    const script = commands
      .join('\n')
      .replaceAll('http://localhost:3000', api)
      .replaceAll('http://localhost:3001', sandbox)
      .replace('$(npm run --silent token -- --sub ada)', await tokenFor(sandbox, { role: 'customer', sub: 'ada' }))
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script])

    const seen = JSON.parse(`[${stdout.trim().replaceAll('\n}\n', '\n},\n')}]`) as object[]
    expect(seen.map(withoutChance)).toEqual(shown.map(withoutChance))
  })
})

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('needs Python: the README’s snippet', () => {
  test('V-08 books', async () => {
    const [snippet] = blocksOf(sectionOf(README, 'One booking, by hand')).filter(
      ({ language }) => language === 'python',
    )
    const script = snippet!.text
      .replaceAll('http://localhost:3000', `http://127.0.0.1:${world.config.PORT}`)
      .replace('wait=30', 'wait=1')
    const TOKEN = await tokenFor(world.sandboxUrl, { role: 'customer', sub: 'ada' })
    const { stdout } = await promisify(execFile)('python3', ['-c', script], { env: { ...process.env, TOKEN } })
    expect(stdout).toMatch(/^ORD-\w+ 9900 USD\npending payment\n$/)
  })
})

function sectionOf(text: string, heading: string): string {
  const from = text.indexOf(`## ${heading}\n`)
  expect(from).toBeGreaterThan(0)
  return text.slice(from, text.indexOf('\n## ', from + 1))
}

function blocksOf(section: string): { language: string; text: string }[] {
  return [...section.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = '', text = '']) => ({ language, text }))
}

/** References and instants are others each time. */
function withoutChance(answer: object): object {
  return {
    ...answer,
    ...('reference' in answer && { reference: '…' }),
    ...('next_deadline' in answer && { next_deadline: '…' }),
  }
}
