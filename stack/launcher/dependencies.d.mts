type Lock = {
  packages?: Record<string, { version?: string; optional?: boolean; peer?: boolean; link?: boolean }>
}
export function wantedStamp(lock: string | Uint8Array, platform?: string): string
export function matches(lock: Lock | undefined, installed: Lock | undefined): boolean
