import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { step } from './progress.mjs'
import { Failure } from './tool.mjs'

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Removes the file of a dead holder. */
function heal(path) {
  const holder = holderOf(path)
  if (holder === undefined || alive(holder)) return
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    // Between reading and renaming another launcher may have healed it and taken it: give that one back.
    if (holderOf(aside) === holder) rmSync(aside, { force: true })
    else renameSync(aside, path)
  } catch {
    // Another launcher healed it.
  }
}

function holderOf(path) {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10)
    return Number.isNaN(pid) ? undefined : pid
  } catch {
    return undefined
  }
}

async function wait(path) {
  while (!take(path)) {
    heal(path)
    await sleep(200)
  }
}

/** Does `work` while no other launcher does: waits for the one that holds the file, and heals after a dead one. */
export async function alone(path, work) {
  try {
    mkdirSync(dirname(path), { recursive: true })
    if (!take(path)) await step('Waiting for another command that is installing', () => wait(path))
  } catch (error) {
    throw new Failure(`This checkout cannot be written to (${error.message}); change its owner or clone it elsewhere.`)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}
