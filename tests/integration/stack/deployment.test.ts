import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkout } from '../../../stack/launcher/cache.mjs'

const read = (file: string): string => readFileSync(join(checkout, file), 'utf8')
const every = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')
const compose = read('docker-compose.yml')
const plugin = spawnSync('docker', ['compose', 'version']).status === 0

describe('docker-compose.yml', () => {
  it('pins every image', () => {
    const images = every(compose, /^ {4}image: (\S+)$/gm)
    expect(images).toHaveLength(5)
    for (const image of images) expect(image).toMatch(/^[\w./-]+:\d+\.\d+[\w.-]*$/)
  })

  it('opens no port to other machines', () => {
    const ports = every(compose, /^ {4}ports: \['(.*)'\]$/gm)
    expect(ports.length).toBeGreaterThan(6)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(every(compose, /^( {4}ports:)$/gm)).toEqual([])
  })

  it('runs every process of the product, each asked by itself whether it is ready', () => {
    const services = compose.slice(compose.indexOf('\nservices:'))
    expect(every(services, /^ {4}command: \[node, (\w+\.ts)\]$/gm)).toEqual(['server.ts', 'worker.ts', 'relay.ts'])
    const ready = every(services, /HEALTH_URL: http:\/\/127\.0\.0\.1:(\d+)\/ready/g)
    expect(ready).toEqual(['3000', '9464', '9465'])
  })

  it('waits for what is healthy, not for what was merely started', () => {
    expect(every(compose, /condition: (\w+)/g)).not.toContain('service_started')
    const services = compose.slice(compose.indexOf('\nservices:'))
    expect(every(services, /^ {4}(?:healthcheck:|<<: \*(process))/gm)).toHaveLength(12)
  })

  it.skipIf(!plugin)('needs docker compose: is valid', () => {
    expect(spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: checkout, encoding: 'utf8' }).stderr).toBe('')
  })
})

describe('the image', () => {
  const dockerfile = read('Dockerfile')

  it('runs on glibc, without root, without what only development needs', () => {
    // By digest, so that two builds of one commit are the same (N-78).
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/m)
    expect(every(dockerfile, /^FROM (\S+)/gm)).toEqual(['${NODE_IMAGE}', 'base', 'base', '${NODE_IMAGE}'])
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toContain('npm ci --omit=dev --omit=optional --ignore-scripts')
    // Whatever a layer has, the image has: the tools must be gone before anything is copied.
    const stages = dockerfile.split(/^FROM /m)
    expect(stages.find((stage) => stage.startsWith('base AS build'))).toMatch(/\nRUN rm -rf node_modules\n\n$/)
    expect(stages.at(-1)).not.toContain('rm -rf node_modules')
    expect(dockerfile).toMatch(/^HEALTHCHECK /m)
  })

  it('is not sent what is private or large', () => {
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['.git', '.holdfast', 'node_modules', '**/.env*']),
    )
  })
})

it('CI runs what everybody runs', () => {
  expect(statSync(join(checkout, '.ci', 'run')).mode & 0o111).toBe(0o111)
  expect(read('.ci/run')).toMatch(/^for command in test 'run test:long'; do\n.*\n {2}npm \$command /m)
})
