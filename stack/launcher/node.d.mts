import type { Cache } from './cache.mjs'
export type NodePackage = { name: string; version: string; folder: string; file: string }
export const oldest: string
export function isNewEnough(version: string): boolean
export function unserved(platform: string, arch: string, musl: boolean): string | undefined
export function isMusl(): boolean
export function nodePackage(platform: string, arch: string): NodePackage | undefined
export function ensureNode(cache: Cache, running?: { version: string; path: string }): Promise<string>
