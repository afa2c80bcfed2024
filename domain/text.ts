/**
 * The one rule for text, at every door (N-54): whole characters only, no NUL, no control characters but line breaks and tabs. PostgreSQL cannot
 * store NUL, UTF-8 cannot carry half of a surrogate pair, and people cannot see the others.
 */
export function isText(value: string): boolean {
  return value.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(value)
}

/** Text in one line: a name, an id, a label. A line break in one would start a header of its own somewhere. */
export function isLine(value: string): boolean {
  return value.isWellFormed() && value !== '' && !/[\p{Cc}\u2028\u2029]/u.test(value)
}

/** A line that no other one is mistaken for by eye: no blanks at its ends, nothing invisible, composed characters. */
export function isPlainLine(value: string): boolean {
  return isLine(value) && value.trim() === value && !/\p{Cf}/u.test(value) && value.normalize('NFC') === value
}

/** So deep nobody nests what we read. */
const MAX_DEPTH = 64

/**
 * What is wrong with the texts of a parsed value, by JSON pointer; names of members count as text. At most `limit` faults. It walks with a list of its
 * own: a body that is nested a hundred thousand times must not end the call stack.
 */
export function faultyTexts(value: unknown, limit = 20): { readonly pointer: string; readonly message: string }[] {
  const faults: { pointer: string; message: string }[] = []
  const left = [{ value, pointer: '', depth: 0 }]
  for (let next = left.pop(); next !== undefined && faults.length < limit; next = left.pop()) {
    const { pointer, depth } = next
    if (typeof next.value === 'string') {
      if (!isText(next.value)) faults.push({ pointer, message: 'has characters that are not text' })
    } else if (typeof next.value === 'object' && next.value !== null) {
      if (depth === MAX_DEPTH) faults.push({ pointer, message: `is nested more than ${MAX_DEPTH} times` })
      else {
        for (const [name, member] of Object.entries(next.value).toReversed()) {
          // A name against the rule is not repeated in an answer.
          if (!isText(name))
            faults.push({ pointer: `${pointer}/`, message: 'has a name with characters that are not text' })
          const step = name.replaceAll('~', '~0').replaceAll('/', '~1')
          left.push({ value: member, pointer: `${pointer}/${step}`, depth: depth + 1 })
        }
      }
    }
  }
  return faults
}
