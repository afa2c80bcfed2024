/* global SwaggerUIBundle, document */

// The reference at /docs, and those of the doors: groups, a search over them, and each request that was tried as code to copy.

/** A value of JSON as source code, each line after the first moved in. */
function code(value, spaces) {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(spaces)}`)
}

function partsOf(request) {
  const body = request.get('body')
  return {
    url: request.get('url'),
    method: request.get('method'),
    headers: request.get('headers').toJS(),
    body: typeof body === 'string' ? body : null,
  }
}

function javascript(request) {
  const { url, method, headers, body } = partsOf(request)
  const lines = [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: '${method}',`,
    `  headers: ${code(headers, 2)},`,
    ...(body === null ? [] : [`  body: ${JSON.stringify(body)},`]),
    '})',
    'console.log(response.status, await response.json())',
  ]
  return lines.join('\n')
}

function python(request) {
  const { url, method, headers, body } = partsOf(request)
  const lines = [
    'import json, urllib.request',
    '',
    'request = urllib.request.Request(',
    `    ${JSON.stringify(url)},`,
    `    method="${method}",`,
    `    headers=${code(headers, 4)},`,
    ...(body === null ? [] : [`    data=${JSON.stringify(body)}.encode(),`]),
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    print(response.status, json.load(response))',
  ]
  return lines.join('\n')
}

/** What the search finds: groups by their name, operations by every text that says what they are. */
function found(groups, text) {
  const wanted = text.toLowerCase()
  const has = (words) => typeof words === 'string' && words.toLowerCase().includes(wanted)
  const isFound = (each) =>
    has(each.get('path')) ||
    ['operationId', 'summary', 'description'].some((name) => has(each.getIn(['operation', name])))
  return groups
    .map((group, name) => (has(name) ? group : group.update('operations', (all) => all.filter(isFound))))
    .filter((group) => group.get('operations').size > 0)
}

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#ui',
  deepLinking: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: true,
  requestSnippetsEnabled: true,
  requestSnippets: {
    generators: {
      curl_bash: { title: 'curl', syntax: 'bash' },
      javascript: { title: 'JavaScript', syntax: 'javascript' },
      python: { title: 'Python', syntax: 'python' },
    },
  },
  plugins: [
    {
      fn: {
        opsFilter: found,
        requestSnippetGenerator_javascript: javascript,
        requestSnippetGenerator_python: python,
      },
    },
  ],
  onComplete() {
    const search = document.querySelector('.operation-filter-input')
    search?.setAttribute('placeholder', 'Search: a group, a path, or a word of what it does')
    search?.setAttribute('aria-label', 'Search')
  },
})
