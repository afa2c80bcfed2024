import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findRedis, startRedis } from '../../../stack/redis.ts'
import { freePort } from '../../../stack/ports.ts'
import { readSettings } from '../../../stack/settings.ts'
import { openRedis } from '../../../services/redis.ts'
import { folderForTest } from './folders.ts'

const found = await findRedis({ ...process.env, REDIS_URL: '' }).catch(() => undefined)
const silent = { warn: () => undefined } as never

describe('finding Redis', () => {
  it('uses the one that REDIS_URL names, and --redis asks for one to be started (A-35)', async () => {
    const env = { REDIS_URL: 'redis://redis.example:6379' }
    expect(await findRedis(env)).toEqual({ found: 'address', url: env.REDIS_URL })
    expect(
      await startRedis({ found: await findRedis(env), dataDir: 'nowhere', port: 0, log: () => undefined }),
    ).toMatchObject({
      url: env.REDIS_URL,
    })
    expect(readSettings(env)).toMatchObject({ redisNeeded: true, redisUrl: env.REDIS_URL })
    expect(readSettings({}, { redis: true })).toMatchObject({ redisNeeded: true, redisUrl: undefined })
    expect(readSettings({})).toMatchObject({ redisNeeded: false })
  })

  it.skipIf(process.platform === 'win32')(
    'takes the one on PATH, and says what to install when there is none',
    async () => {
      const [home, bin] = [folderForTest(), folderForTest()]
      const server = join(bin, 'valkey-server')
      mkdirSync(bin, { recursive: true })
      writeFileSync(server, '#!/bin/sh\necho "Server v=8"\n')
      chmodSync(server, 0o755)
      expect(await findRedis({ PATH: bin, HOME: home })).toEqual({ found: 'PATH', program: 'valkey-server' })
      await expect(findRedis({ PATH: home, HOME: home })).rejects.toThrow(
        /^Redis is missing: Maven is not installed\. Install Redis or Valkey \(redis-server or valkey-server on PATH\)/,
      )
    },
  )
})

describe.skipIf(found?.found === undefined)('needs Redis: the server', () => {
  it('answers on this machine only, at the port asked for, keeps nothing and ends when it is stopped (O-06)', async () => {
    const [dataDir, port] = [folderForTest(), await freePort()]
    const redis = await startRedis({ found: found!, dataDir, port, log: () => undefined })
    onTestFinished(() => redis.stop())
    expect(redis.url).toBe(`redis://127.0.0.1:${port}`)
    const opened = await openRedis(redis.url, 1000, silent)
    onTestFinished(() => opened.close())
    const { client } = opened
    expect(await opened.ask(() => client.configGet('bind'))).toMatchObject({ bind: '127.0.0.1' })
    expect(await opened.ask(() => client.configGet('save'))).toMatchObject({ save: '' })
    await redis.stop()
    expect(redis.service?.ended()).toBeDefined()
    await expect(opened.ask(() => client.ping())).rejects.toThrow(/offline|closed|timed out/i)
  })

  it('names the port that is taken, and the variable that chooses another', async () => {
    const holder = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void holder.close())
    await expect(startRedis({ found: found!, dataDir: folderForTest(), port, log: () => undefined })).rejects.toThrow(
      new RegExp(`Port ${port} \\(Redis\\) is taken .* REDIS_PORT=`),
    )
  })
})
