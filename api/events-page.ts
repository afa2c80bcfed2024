import { html, raw } from 'hono/html'
import type { AsyncApiDocument } from '../events/asyncapi.ts'

type Field = { readonly name: string; readonly type: string; readonly about: string }

/** The AsyncAPI document to read: topics, their messages, and the fields of each. */
export function eventsPage({ info, channels, components }: AsyncApiDocument) {
  const topics = Object.values(channels)
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${info.title}</title>
      <style>
        ${raw(STYLE)}
      </style>
      <h1>${info.title}</h1>
      ${info.description.split('\n').map((line) => html`<p>${line}</p>`)}
      <p><a href="/asyncapi.json">asyncapi.json</a> · <a href="/docs">the HTTP API</a></p>
      <nav>${topics.map(({ address }) => html`<a href="#${address}">${address}</a> `)}</nav>
      ${topics.map(
        ({ address, description, messages }) => html`
          <h2 id="${address}"><code>${address}</code></h2>
          <p>${description}</p>
          ${Object.keys(messages).map((id) => messageSection(id, components))}
        `,
      )}
    </html>`
}

function messageSection(id: string, { messages, schemas }: AsyncApiDocument['components']) {
  const { title, summary, description = '' } = messages[id] ?? { title: id, summary: '' }
  return html`
    <details id="${id}">
      <summary><code>${title}</code> ${summary} ${description}</summary>
      <table>
        <tr>
          <th>Field</th>
          <th>Type</th>
          <th></th>
        </tr>
        ${fieldsOf(schemas[id], '').map(
          ({ name, type, about }) =>
            html`<tr>
              <td><code>${name}</code></td>
              <td>${type}</td>
              <td>${about}</td>
            </tr>`,
        )}
      </table>
    </details>
  `
}

/** The fields of a schema and of what is inside them, a line each. */
function fieldsOf(schema: unknown, path: string): Field[] {
  return Object.entries(Object(member(schema, 'properties'))).flatMap(([key, value]) => {
    const name = `${path}${key}`
    const inner = member(value, 'items') ?? value
    const prefix = inner === value ? `${name}.` : `${name}[].`
    return [{ name, type: typeOf(value), about: aboutOf(value) }, ...fieldsOf(inner, prefix)]
  })
}

function typeOf(schema: unknown): string {
  const branches = member(schema, 'anyOf')
  if (Array.isArray(branches)) return branches.map(typeOf).join(' or ')
  const items = member(schema, 'items')
  if (items !== undefined) return `list of ${typeOf(items)}`
  const format = member(schema, 'format')
  const type = [member(schema, 'type')].flat().join(' or ')
  return typeof format === 'string' ? `${type} (${format})` : type
}

function aboutOf(schema: unknown): string {
  const branches = member(schema, 'anyOf')
  if (Array.isArray(branches)) return branches.map(aboutOf).filter(Boolean).join(' ')
  const values = member(schema, 'enum') ?? [member(schema, 'const')].filter((value) => value !== undefined)
  return Array.isArray(values) ? values.join(', ') : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
nav a { margin-right: .75rem } details { margin: .5rem 0 } summary { cursor: pointer }
table { border-collapse: collapse; margin: .5rem 1rem } th, td { text-align: left; padding: .15rem .75rem; border-bottom: 1px solid #ddd }`
