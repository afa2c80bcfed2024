type Schema = { readonly [keyword: string]: unknown }

/**
 * What readers of the one schema would find broken in messages of the other: a field that vanished, became optional, changed its type, its format
 * or its values. A field that came is none: readers leave alone what they do not know. One sentence each; none means compatible.
 */
export function breakingChanges(before: unknown, after: unknown): string[] {
  return compare(schemaOf(before), schemaOf(after), '')
}

function compare(before: Schema, after: Schema, path: string): string[] {
  const known = branchesOf(before)
  return branchesOf(after).flatMap((branch) => {
    const reports = known.map((old) => compareBranch(old, branch, path))
    // Any of the shapes that readers know will do; of none, the nearest tells most.
    return reports.some((report) => report.length === 0) ? [] : (nearest(known, branch, reports) ?? [])
  })
}

function compareBranch(before: Schema, after: Schema, path: string): string[] {
  const at = path === '' ? 'the payload' : path
  const types = [typesOf(before), typesOf(after)] as const
  if (!types[1].every((type) => accepts(types[0], type))) {
    return [`${at} was ${types[0].join(' or ')} and is ${types[1].join(' or ')}`]
  }
  return [
    ...formatChange(before, after, at),
    ...newValues(before, after, at),
    ...fieldChanges(before, after, path),
    ...elementChanges(before, after, path),
  ]
}

function formatChange({ format: was }: Schema, { format: is }: Schema, at: string): string[] {
  if (typeof was !== 'string' || was === is) return []
  return [`${at} had the format ${was} and has ${typeof is === 'string' ? is : 'none'}`]
}

/** A value that readers were never told of. */
function newValues(before: Schema, after: Schema, at: string): string[] {
  const known = valuesOf(before)
  if (known === null) return []
  const values = valuesOf(after)
  if (values === null) return [`${at} was one of ${known.join(', ')} and can be anything`]
  const added = values.filter((value) => !known.includes(value))
  return added.length === 0 ? [] : [`${at} can be ${added.join(', ')}, which it could not`]
}

function fieldChanges(before: Schema, after: Schema, path: string): string[] {
  const fields = schemaOf(after['properties'])
  const required = listOf(after['required'])
  return Object.entries(schemaOf(before['properties'])).flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (!(name in fields)) return [`${at} is gone`]
    const missing = listOf(before['required']).includes(name) && !required.includes(name)
    return [...(missing ? [`${at} may be missing`] : []), ...compare(schemaOf(schema), schemaOf(fields[name]), at)]
  })
}

function elementChanges(before: Schema, after: Schema, path: string): string[] {
  return before['items'] === undefined ? [] : compare(schemaOf(before['items']), schemaOf(after['items']), `${path}[]`)
}

/** The report on the shape of the same type, else the first. */
function nearest(known: readonly Schema[], branch: Schema, reports: readonly string[][]): string[] | undefined {
  const alike = known.findIndex((old) => typesOf(branch).every((type) => accepts(typesOf(old), type)))
  return reports[Math.max(0, alike)]
}

function accepts(known: readonly string[], type: string): boolean {
  return known.includes('anything') || known.includes(type) || (type === 'integer' && known.includes('number'))
}

function branchesOf(schema: Schema): readonly Schema[] {
  const branches = schema['anyOf'] ?? schema['oneOf']
  return Array.isArray(branches) ? branches.map(schemaOf) : [schema]
}

function typesOf({ type }: Schema): readonly string[] {
  if (type === undefined) return ['anything']
  return listOf(Array.isArray(type) ? type : [type])
}

function valuesOf(schema: Schema): readonly string[] | null {
  if ('const' in schema) return [JSON.stringify(schema['const'])]
  return Array.isArray(schema['enum']) ? schema['enum'].map((value) => JSON.stringify(value)) : null
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function schemaOf(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
