export type Cache = { path: string; fallback: boolean }
export const checkout: string
export function cacheFolder(env?: NodeJS.ProcessEnv, fallback?: string): Cache
export function fillOnce(folder: string, fill: (unfinished: string) => Promise<void>): Promise<string>
export function toolEnvironment(cache: Cache, env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv
