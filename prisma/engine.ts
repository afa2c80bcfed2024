import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'

/**
 * Lends Prisma's schema engine on a database to a piece of work and closes its connections afterwards. It is the WebAssembly build, because the
 * native one is a download that a machine without the internet cannot make.
 */
export async function withSchemaEngine<Answer>(
  databaseUrl: string,
  work: (engine: SchemaEngine) => Promise<Answer>,
): Promise<Answer> {
  const glue = await (loaded ??= load())
  const adapters = new WholeScriptAdapters(databaseUrl)
  const engine = await glue.SchemaEngine.new(
    { datamodels: undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapters),
  )
  try {
    return await work(engine)
  } catch (error) {
    // The engine knows only that a script failed, not why.
    const { refusal } = adapters
    throw refusal === undefined ? error : new Error(`The migration failed: ${refusal.message}`, { cause: refusal })
  } finally {
    engine.free()
    await adapters.close()
  }
}

/** The two halves share state, so a process has one pair of them: a second WebAssembly under the same glue never answers. */
let loaded: ReturnType<typeof load> | undefined

async function load() {
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
  return glue
}

/** The stock adapter splits a script at every `;`, which cuts function bodies in pieces: here a script goes to PostgreSQL whole. */
class WholeScriptAdapters extends PrismaPg {
  readonly #open: PgAdapter[] = []
  /** What PostgreSQL said to the script that failed. */
  refusal: Error | undefined

  override async connect(): ReturnType<PrismaPg['connect']> {
    return this.#keep(await super.connect())
  }

  override async connectToShadowDb(): ReturnType<PrismaPg['connectToShadowDb']> {
    return this.#keep(await super.connectToShadowDb())
  }

  /** The engine leaves its connections open. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map((adapter) => adapter.dispose()))
  }

  #keep(adapter: PgAdapter): PgAdapter {
    this.#open.push(adapter)
    const executeScript: SqlDriverAdapter['executeScript'] = async (script) => {
      try {
        await adapter.underlyingDriver().query(script)
      } catch (error) {
        if (error instanceof Error) this.refusal = error
        throw error
      }
    }
    return Object.assign(adapter, { executeScript })
  }
}

type PgAdapter = Awaited<ReturnType<PrismaPg['connect']>>
