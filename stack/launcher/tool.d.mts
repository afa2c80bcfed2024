export class Failure extends Error {}
export class ToolFailure extends Error {
  output: string
}
export type ToolOptions = { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number; gid?: number; signal?: AbortSignal }
export function runTool(command: string, args: readonly string[], options?: ToolOptions): Promise<string>
export function stopTools(): void
export function outOfReach(output: string): boolean
