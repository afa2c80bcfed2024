import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttachmentStore } from '../ports.ts'

/** Keys are random UUIDs: nothing that could leave the folder. What was being written when a process died has `.part` at its end. */
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.part)?$/

/** Attachments in a folder of the machine, or one that all replicas share. A file is whole under its name, or not there. */
export function folderStore(folder: string): AttachmentStore {
  const pathOf = (key: string): string => {
    if (!KEY.test(key)) throw new Error(`${key} is not a key of an attachment`)
    return join(folder, key.slice(0, 2), key)
  }
  return {
    async put(key, file) {
      const path = pathOf(key)
      await mkdir(join(folder, key.slice(0, 2)), { recursive: true })
      const handle = await open(`${path}.part`, 'w', 0o600)
      try {
        await handle.writeFile(file)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${path}.part`, path)
    },
    async get(key) {
      return readFile(pathOf(key)).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return null
        throw error
      })
    },
    async remove(key) {
      await rm(pathOf(key), { force: true })
    },
    async *writtenBefore(instant) {
      for (const shelf of await entriesOf(folder)) {
        const old: string[] = []
        for (const key of await entriesOf(join(folder, shelf))) {
          if (!KEY.test(key)) continue
          const { mtime } = await stat(pathOf(key))
          if (mtime < instant) old.push(key)
        }
        if (old.length > 0) yield old
      }
    },
    async close() {},
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    // Not everything that lies about in there is a folder of ours.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
