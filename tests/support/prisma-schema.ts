/** A column, constraint, index, trigger or function, as the test's catalogue query of PostgreSQL says it. */
export type Thing = { readonly what: string; readonly name: string; readonly how: string }

type Field = {
  readonly name: string
  readonly type: string
  readonly isList: boolean
  readonly isOptional: boolean
  readonly attributes: string
}
type Model = { readonly table: string; readonly fields: readonly Field[]; readonly blocks: readonly string[] }

const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Boolean: 'bool',
  DateTime: 'timestamptz',
  Json: 'jsonb',
  Bytes: 'bytea',
}

/**
 * What PostgreSQL's catalogue says of a database that is what a schema.prisma asks for: columns, keys, foreign keys and indexes, in the words of
 * Prisma's conventions. It knows as much of the language as our schema uses, and throws at what it does not know.
 */
export function thingsOfSchema(schema: string): Thing[] {
  const models = new Map(
    [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, name, body]) => [name!, parseModel(body!)]),
  )
  return [...models.values()].flatMap((model) => [
    ...model.fields.filter(({ type }) => !models.has(type)).map((field) => column(model, field)),
    ...keys(model),
    ...indexes(model),
    ...foreignKeys(model, models),
  ])
}

function parseModel(body: string): Model {
  const lines = body.split('\n').map((line) => line.replace(/\/\/.*$/, '').trim())
  const blocks = lines.filter((line) => line.startsWith('@@'))
  const table = /@@map\("(\w+)"\)/.exec(blocks.join('\n'))?.[1]
  if (!table) throw new Error(`a model without @@map: ${body}`)
  const fields = lines.flatMap((line): Field[] => {
    const found = /^(\w+)\s+(Unsupported\("\w+"\)|\w+)(\[\])?(\?)?\s*(.*)$/.exec(line)
    if (!found) return []
    const [, name, type, list, optional, attributes] = found
    return [{ name: name!, type: type!, isList: !!list, isOptional: !!optional, attributes: attributes! }]
  })
  return { table, fields, blocks }
}

const columnName = ({ name, attributes }: Field): string => /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? name

function columnsOf(model: Model, names: string): string[] {
  return names.split(',').map((name) => {
    const field = model.fields.find((one) => one.name === name.trim())
    if (!field) throw new Error(`${model.table} has no field ${name}`)
    return columnName(field)
  })
}

function column(model: Model, field: Field): Thing {
  const name = `${model.table}.${columnName(field)}`
  const native = /@db\.(\w+)/.exec(field.attributes)?.[1]
  const unsupported = /^Unsupported\("(\w+)"\)$/.exec(field.type)?.[1]
  const type = unsupported ?? (native ? native.toLowerCase() : TYPES[field.type])
  if (!type) throw new Error(`${name} has the unknown type ${field.type}`)
  // Prisma leaves a list nullable; without a value it is empty.
  const nullable = field.isOptional || field.isList ? 'YES' : 'NO'
  return {
    what: 'column',
    name,
    how: `${field.isList ? '_' : ''}${type}, nullable ${nullable}, default ${defaultOf(model, field, type)}`,
  }
}

function defaultOf(model: Model, field: Field, type: string): string {
  const value = /@default\((\w+\((?:"[^"]*")?\)|"(?:[^"\\]|\\.)*"|\w+)\)/.exec(field.attributes)?.[1]
  if (value === undefined) return '-'
  if (value === 'now()') return 'CURRENT_TIMESTAMP'
  if (value === 'autoincrement()') return `nextval('${model.table}_${columnName(field)}_seq'::regclass)`
  if (value.startsWith('dbgenerated(')) return value.slice('dbgenerated("'.length, -'")'.length)
  if (value.startsWith('"')) return `'${String(JSON.parse(value))}'::${type}`
  return value
}

const quoted = (columns: readonly string[]): string =>
  columns.map((name) => (['position', 'row'].includes(name) ? `"${name}"` : name)).join(', ')

function index(table: string, name: string, columns: readonly string[], isUnique: boolean): Thing {
  const unique = isUnique ? 'UNIQUE ' : ''
  return {
    what: 'index',
    name,
    how: `CREATE ${unique}INDEX ${name} ON public.${table} USING btree (${quoted(columns)})`,
  }
}

function keys(model: Model): Thing[] {
  const own = model.fields.filter(({ attributes }) => /@id\b/.test(attributes)).map(columnName)
  const together = model.blocks.flatMap((block) => /^@@id\(\[(.*)\]\)$/.exec(block)?.[1] ?? [])
  const columns = own.length > 0 ? own : together.flatMap((names) => columnsOf(model, names))
  if (columns.length === 0) throw new Error(`${model.table} has no key`)
  const name = `${model.table}_pkey`
  return [
    { what: 'constraint', name, how: `PRIMARY KEY (${quoted(columns)})` },
    index(model.table, name, columns, true),
  ]
}

function indexes(model: Model): Thing[] {
  const single = model.fields
    .filter(({ attributes }) => /@unique\b/.test(attributes))
    .map((field) => index(model.table, `${model.table}_${columnName(field)}_key`, [columnName(field)], true))
  const blocks = model.blocks.flatMap((block) => {
    const [, kind, names] = /^@@(index|unique)\(\[(.*)\]\)$/.exec(block) ?? []
    if (kind === undefined || names === undefined) {
      if (/^@@(map|id)\(/.test(block)) return []
      throw new Error(`${model.table} has the unknown ${block}`)
    }
    const columns = columnsOf(model, names)
    const suffix = kind === 'unique' ? 'key' : 'idx'
    return [index(model.table, `${model.table}_${columns.join('_')}_${suffix}`, columns, kind === 'unique')]
  })
  return [...single, ...blocks]
}

function foreignKeys(model: Model, models: ReadonlyMap<string, Model>): Thing[] {
  return model.fields.flatMap((field) => {
    const found = /@relation\(fields: \[(.*?)\], references: \[(.*?)\](?:, onDelete: (\w+))?\)/.exec(field.attributes)
    const target = models.get(field.type)
    if (!found || !target) return []
    const [, mine, theirs, onDelete] = found
    const columns = columnsOf(model, mine!)
    return [
      {
        what: 'constraint',
        name: `${model.table}_${columns.join('_')}_fkey`,
        how: `FOREIGN KEY (${quoted(columns)}) REFERENCES ${target.table}(${quoted(columnsOf(target, theirs!))}) ON UPDATE CASCADE ON DELETE ${(onDelete ?? 'Restrict').toUpperCase()}`,
      },
    ]
  })
}
