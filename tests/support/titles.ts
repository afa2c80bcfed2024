import ts from 'typescript'

const NOT_A_TITLE = new Set(['each', 'for', 'skipIf', 'runIf', 'extend'])

/**
 * The titles of a test file's `test`, `it` and `describe`, as they are written: what `.each` puts in is data and no title. Of a title that is put
 * together, every text it may consist of counts.
 */
export function titlesOf(source: string): string[] {
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && declaresTest(node.expression)) {
      const [title] = node.arguments
      if (title !== undefined) titles.push(textsIn(title).join(' '))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest))
  return titles
}

/** `test(…)`, `test.skip(…)`, `test.each(…)(…)`, `describe.skipIf(…)(…)`; but not the `each(…)` within. */
function declaresTest(called: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(called) && NOT_A_TITLE.has(called.name.text)) return false
  let root = called
  for (;;) {
    if (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root)) root = root.expression
    else if (ts.isTaggedTemplateExpression(root)) root = root.tag
    else break
  }
  return ts.isIdentifier(root) && ['test', 'it', 'describe'].includes(root.text)
}

function textsIn(node: ts.Node): string[] {
  const texts: string[] = []
  const visit = (part: ts.Node): void => {
    if (ts.isStringLiteralLike(part) || ts.isTemplateHead(part) || ts.isTemplateMiddleOrTemplateTail(part)) {
      texts.push(part.text)
    }
    ts.forEachChild(part, visit)
  }
  visit(node)
  return texts
}
