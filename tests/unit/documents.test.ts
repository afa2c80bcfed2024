import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const inFolder = (folder: string) =>
  readdirSync(join(CHECKOUT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const DOCUMENTS = [
  ...inFolder('.'),
  ...['docs', 'docs/adr', 'docs/doors', 'clients/housekeeping', 'clients/typescript'].flatMap(inFolder),
  'prisma/functions/README.md',
]
const read = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8')

/** The anchors that GitHub makes of a document's titles. */
const anchorsOf = (path: string) =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the documents', () => {
  test.each(DOCUMENTS)('%s links to what is there, and to titles that are there', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)]*))?\)/g)]
    const dead = links.filter(([, file = '', anchor]) => {
      const target = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(CHECKOUT, target))) return true
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
    expect(dead.map(([link]) => link)).toEqual([])
  })

  test('ARCHITECTURE.md names files and folders that are there', () => {
    const named = [...read('ARCHITECTURE.md').matchAll(/`([\w.-]+(?:\/[\w.-]+)+\/?)[`:]/g)].map(([, path = '']) => path)
    const roots = readdirSync(CHECKOUT)
    const missing = named.filter((path) => roots.includes(path.split('/')[0]!) && !existsSync(join(CHECKOUT, path)))
    expect(named.length).toBeGreaterThan(30)
    expect(missing).toEqual([])
  })

  test('ARCHITECTURE.md explains every entry of the root, and there are few', () => {
    const ignored = ['.git', ...read('.gitignore').split('\n')].map((line) => line.replaceAll('/', ''))
    const root = readdirSync(CHECKOUT).filter((name) => !ignored.includes(name))
    const trees = [...read('ARCHITECTURE.md').matchAll(/^```\n[\s\S]*?^```$/gm)].map(([tree]) => tree).join('\n')
    const words = new Set(trees.split(/[\s;:,()]+/).map((word) => word.replace(/\/$/, '')))
    expect(root.filter((name) => !words.has(name))).toEqual([])
    expect(root.length).toBeLessThanOrEqual(38)
  })

  test('every word of the glossary is there once', () => {
    const words = [...read('docs/glossary.md').matchAll(/^\| ([^|]+) \|/gm)].map(([, word]) => word)
    expect(words.filter((word, index) => word !== 'word' && words.indexOf(word) !== index)).toEqual([])
  })
})
