import type { HttpBindings } from '@hono/node-server'

/** What a handler may see beside the request: Node's own objects, absent under `app.request`. */
export interface SandboxEnv {
  Bindings: Partial<HttpBindings>
}
