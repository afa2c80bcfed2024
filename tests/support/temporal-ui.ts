import { randomUUID } from 'node:crypto'

/** A line of the UI's list of workflows. */
export type Listed = { readonly workflowId: string; readonly attributes: Readonly<Record<string, unknown>> }

/** What became of an update: the answer, or the failure that the UI shows. */
export type Outcome = { readonly answer: unknown; readonly failure: string | null }

/** Temporal's UI as its own pages use it (2.42): over the HTTP API of its server, with its guard against forged requests. */
export type TemporalUi = {
  /** The list of workflows for a query. */
  list(query: string): Promise<Listed[]>
  /** Sends an update from the form of a workflow's page; `typed` is the text of its input, which may be empty. */
  update(workflowId: string, name: string, typed: string): Promise<Outcome>
  /** What the workflow's page shows of it: current details, and the updates, signals and queries with their descriptions. */
  metadata(workflowId: string): Promise<Metadata>
}

export type Metadata = {
  readonly currentDetails: string
  readonly definition: Readonly<
    Record<'updateDefinitions' | 'signalDefinitions' | 'queryDefinitions', readonly Described[]>
  >
}
type Described = { readonly name: string; readonly description?: string }

type Payload = { readonly metadata: Readonly<Record<string, string>>; readonly data: string }

/** Opens the UI at `url`. */
export async function openTemporalUi(url: string, namespace = 'default'): Promise<TemporalUi> {
  const first = await fetch(`${url}/api/v1/settings`)
  const cookies = first.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0] ?? '')
  const token = cookies.find((cookie) => cookie.startsWith('_csrf='))?.slice('_csrf='.length)
  const headers = { cookie: cookies.join('; '), 'content-type': 'application/json', 'x-csrf-token': token ?? '' }

  async function ask(path: string, body?: object): Promise<Record<string, unknown>> {
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${url}/api/v1/namespaces/${namespace}${path}`, { headers, ...request })
    const answer = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }

  return {
    async list(query) {
      const { executions = [] } = (await ask(`/workflows?query=${encodeURIComponent(query)}`)) as {
        executions?: {
          execution: { workflowId: string }
          searchAttributes?: { indexedFields?: Record<string, Payload> }
        }[]
      }
      return executions.map(({ execution: { workflowId }, searchAttributes }) => ({
        workflowId,
        attributes: Object.fromEntries(
          Object.entries(searchAttributes?.indexedFields ?? {}).map(([name, payload]) => [name, read(payload)]),
        ),
      }))
    },
    async update(workflowId, name, typed) {
      const payloads = typed === '' ? null : [{ metadata: { encoding: base64('json/plain') }, data: base64(typed) }]
      const { outcome } = (await ask(`/workflows/${workflowId}/update/${name}`, {
        workflowExecution: {},
        request: { meta: { updateId: randomUUID(), identity: 'ui' }, input: { args: { payloads } } },
      })) as { outcome?: { success?: { payloads: Payload[] }; failure?: { message: string } } }
      return { answer: read(outcome?.success?.payloads[0]), failure: outcome?.failure?.message ?? null }
    },
    async metadata(workflowId) {
      const queryType = '__temporal_workflow_metadata'
      const { queryResult } = (await ask(`/workflows/${workflowId}/query/${queryType}`, {
        execution: { workflowId },
        query: { queryType },
      })) as { queryResult: { payloads: Payload[] } }
      return read(queryResult.payloads[0]) as Metadata
    },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function read(payload: Payload | undefined): unknown {
  return payload === undefined ? null : JSON.parse(Buffer.from(payload.data, 'base64').toString())
}
