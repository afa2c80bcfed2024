import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderStore } from '../../../services/attachments/folder.ts'
import { bucketStore } from '../../../services/attachments/s3.ts'
import type { AttachmentStore } from '../../../services/ports.ts'
import { findS3Server, startS3Server, type S3Server } from '../../../stack/s3.ts'

const found = await findS3Server().catch(() => undefined)

/** What every store keeps, wherever its files are. */
function conformance(open: () => AttachmentStore, openBroken: () => AttachmentStore): void {
  let store: AttachmentStore
  beforeAll(() => {
    store = open()
  })
  afterAll(() => store.close())
  const bytes = (text: string) => new TextEncoder().encode(text)
  const keysWritten = async (before: Date) => {
    const keys: string[] = []
    for await (const page of store.writtenBefore(before)) keys.push(...page)
    return keys
  }
  const later = () => new Date(Date.now() + 60_000)

  test('A-17 gives back what was put there, byte by byte, however large', async () => {
    const large = new Uint8Array(10 * 1024 * 1024).map((_, index) => (index * 31) % 256)
    for (const file of [bytes('hello'), new Uint8Array([0, 255, 13, 10, 0]), large]) {
      const key = randomUUID()
      await store.put(key, file, 'application/pdf')
      const back = await store.get(key)
      expect(back?.length).toBe(file.length)
      expect(Buffer.compare(back!, file)).toBe(0)
    }
  })

  test('A-17 has nothing under a key that nobody used, and removing it is no error', async () => {
    expect(await store.get(randomUUID())).toBeNull()
    await store.remove(randomUUID())
  })

  test('A-17 keeps files apart that are written at once, and the last that was written under a key', async () => {
    const keys = Array.from({ length: 20 }, () => randomUUID())
    await Promise.all(keys.map((key) => store.put(key, bytes(key), 'text/plain')))
    for (const key of keys) expect(new TextDecoder().decode((await store.get(key)) ?? undefined)).toBe(key)
    await store.put(keys[0]!, bytes('again'), 'text/plain')
    expect(new TextDecoder().decode((await store.get(keys[0]!)) ?? undefined)).toBe('again')
  })

  test('A-17 has no file any more once it is removed, and lists what is old enough', async () => {
    const [kept, gone] = [randomUUID(), randomUUID()]
    for (const key of [kept, gone]) await store.put(key, bytes('x'), 'text/plain')
    expect(await keysWritten(later())).toEqual(expect.arrayContaining([kept, gone]))
    expect(await keysWritten(new Date(Date.now() - 60_000))).toEqual([])
    await store.remove(gone)
    await store.remove(gone)
    expect(await store.get(gone)).toBeNull()
    const left = await keysWritten(later())
    expect(left).toContain(kept)
    expect(left).not.toContain(gone)
  })

  test('A-17 H-24 throws when it is out of reach, and says of no file that it is not there', async () => {
    const broken = openBroken()
    const why = /ENOTDIR|EEXIST|NoSuchBucket|bucket does not exist/i
    await expect(broken.put(randomUUID(), bytes('x'), 'text/plain')).rejects.toThrow(why)
    await expect(broken.get(randomUUID())).rejects.toThrow(why)
    await broken.close()
  })
}

describe('attachments in a folder', () => {
  const folder = folderForTestFile()
  conformance(
    () => folderStore(join(folder, 'attachments')),
    () => {
      const path = join(folder, 'a-file')
      writeFileSync(path, '')
      return folderStore(path)
    },
  )

  test('A-17 are for nobody else on the machine, and leave it by no key', async () => {
    const store = folderStore(join(folder, 'own'))
    const key = randomUUID()
    await store.put(key, new Uint8Array([1]), 'text/plain')
    const [shelf = ''] = readdirSync(join(folder, 'own'))
    expect(readdirSync(join(folder, 'own', shelf))).toEqual([key])
    expect(statSync(join(folder, 'own', shelf, key)).mode & 0o077).toBe(0)
    for (const bad of ['../../etc/passwd', '', '.', 'a/b', `${key}/..`, `${key}\0`]) {
      await expect(store.get(bad)).rejects.toThrow('is not a key')
      await expect(store.put(bad, new Uint8Array([1]), 'text/plain')).rejects.toThrow('is not a key')
      await expect(store.remove(bad)).rejects.toThrow('is not a key')
    }
  })
})

describe.skipIf(found === undefined)('needs S3 server: attachments in a bucket', () => {
  let server: S3Server
  const folder = folderForTestFile()
  beforeAll(async () => {
    if (found !== undefined) server = await startS3Server(found, folder, ['holdfast'])
  })
  afterAll(() => server.stop())
  const store = (bucket: string, secret = server.secretAccessKey) =>
    bucketStore(bucket, {
      ATTACHMENTS_S3_ENDPOINT: server.endpoint,
      ATTACHMENTS_S3_REGION: 'us-east-1',
      ATTACHMENTS_S3_ACCESS_KEY_ID: server.accessKeyId,
      ATTACHMENTS_S3_SECRET_ACCESS_KEY: secret,
    })
  conformance(
    () => store('holdfast'),
    () => store('nobody-made-it'),
  )

  test('A-17 are refused to a wrong secret', async () => {
    await expect(store('holdfast', 'wrong').get(randomUUID())).rejects.toThrow(/signature/i)
  })
})

/** A folder for all tests of a `describe`. */
function folderForTestFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-attachments-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
