import type { ToolOptions } from './tool.mjs'

export function npm(args: readonly string[], options?: ToolOptions): Promise<string>
export function npmTrouble(what: string, error: Error, wayOut: string): string
