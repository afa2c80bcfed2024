import { findPrometheus } from '../../stack/observe/find.ts'

/** Finds promtool: on the PATH, in the cache, or out of Debian's package, which is unpacked and not installed. Null: there is none. */
export async function findPromtool(): Promise<string | null> {
  const found = await findPrometheus('promtool')
  return 'path' in found ? found.path : null
}
