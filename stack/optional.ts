import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkout } from './launcher/cache.mjs'
import { Failure } from './launcher/tool.mjs'

/**
 * A function exported by a file of the checkout that the stack does without when the file is not there: undefined then.
 * Loaded by path, so that the stack does not depend on the product. Fails when the file has no such function.
 */
export async function optionalFunction(
  file: string,
  name: string,
): Promise<((argument: unknown) => Promise<unknown>) | undefined> {
  const path = join(checkout, file)
  if (!existsSync(path)) return undefined
  const found = ((await import(pathToFileURL(path).href)) as Record<string, unknown>)[name]
  if (typeof found !== 'function') throw new Failure(`${file} does not export a function ${name}.`)
  return found as (argument: unknown) => Promise<unknown>
}
