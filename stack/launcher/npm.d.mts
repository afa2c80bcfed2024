import type { ToolOptions } from './tool.mjs'

export function npm(args: readonly string[], options?: ToolOptions): Promise<string>
