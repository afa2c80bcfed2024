import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { programOf } from '../../stack/checks.ts'
import { checkout } from '../../stack/launcher/cache.mjs'

const GENERATED = 'services/grpc/generated'

test('O-03 what is committed of the other services’ protocols is what their files say', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-protos-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const buf = programOf('@bufbuild/buf:buf')
  const template = join('services', 'proto', 'buf.gen.yaml')
  const args = [buf, 'generate', 'services/proto', '--template', template, '--output', folder]
  await promisify(execFile)(process.execPath, args, { cwd: checkout })
  const names = readdirSync(join(folder, GENERATED)).toSorted()
  expect(names).toEqual(readdirSync(join(checkout, GENERATED)).toSorted())
  for (const name of names) {
    const [made, committed] = [folder, checkout].map((root) => readFileSync(join(root, GENERATED, name), 'utf8'))
    expect({ name, text: committed }).toEqual({ name, text: made })
  }
}, 30_000)
