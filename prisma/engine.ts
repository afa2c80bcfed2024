import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'

/**
 * Opens Prisma's schema engine on a database; `free()` it afterwards. It is the WebAssembly build, because the native one is a download that
 * a machine without the internet cannot make.
 */
export async function openSchemaEngine(databaseUrl: string): Promise<SchemaEngine> {
  // The package loads its WebAssembly as a module, which Node does not do without a flag: the two halves are put together by hand.
  const require = createRequire(import.meta.url)
  const binary = await readFile(
    require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm'),
  )
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  const start = instance.exports['__wbindgen_start']
  if (typeof start === 'function') start()
  const adapters = bindMigrationAwareSqlAdapterFactory(new WholeScriptAdapters(databaseUrl))
  return glue.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapters)
}

/** The stock adapter splits a script at every `;`, which cuts function bodies in pieces: here a script goes to PostgreSQL whole. */
class WholeScriptAdapters extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    return sendingScriptsWhole(await super.connect())
  }

  override async connectToShadowDb(): ReturnType<PrismaPg['connectToShadowDb']> {
    return sendingScriptsWhole(await super.connectToShadowDb())
  }
}

type PgAdapter = Awaited<ReturnType<PrismaPg['connect']>>

function sendingScriptsWhole(adapter: PgAdapter): PgAdapter {
  const executeScript: SqlDriverAdapter['executeScript'] = async (script) => {
    await adapter.underlyingDriver().query(script)
  }
  return Object.assign(adapter, { executeScript })
}
