/** A schema of the OpenAPI document, as much of it as the document uses. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** A schema as a TypeScript type. */
export function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return 'unknown'
  if (schema.$ref !== undefined) return schema.$ref.replace('#/components/schemas/', '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)))
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return union(either.map(typeOf))
  if (schema.allOf !== undefined) return schema.allOf.map((each) => `(${typeOf(each)})`).join(' & ')
  const types = [schema.type ?? []].flat()
  return types.length === 0 ? 'unknown' : union(types.map((type) => typeNamed(type, schema)))
}

function typeNamed(type: string, schema: Schema): string {
  switch (type) {
    case 'integer':
      return 'number'
    case 'array':
      return `readonly (${typeOf(schema.items)})[]`
    case 'object':
      return objectType(schema)
    default:
      return schema.format === 'binary' ? 'Blob' : type
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const isRequired = required.includes(name)
    return `${wordsOf(member)}${key(name)}${isRequired ? '' : '?'}: ${typeOf(member)}${isRequired ? '' : ' | undefined'}`
  })
  const isOpen = additionalProperties === true || typeof additionalProperties === 'object'
  if (members.length > 0) return `{\n${[...members, ...(isOpen ? ['[name: string]: unknown'] : [])].join('\n')}\n}`
  const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'
  return additionalProperties === false ? '{ [name: string]: never }' : `{ [name: string]: ${others} }`
}

/** A text of the document as a comment before what it is about; nothing when there is none. */
export function wordsOf({ description }: { readonly description?: string | undefined }): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '* /').replaceAll(/\s*\n\s*/g, ' ')} */\n`
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}

function key(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name)
}
