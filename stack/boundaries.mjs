/** The tree is the architecture (style.md, principle 1): who may know whom. @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'domain-imports-nobody',
      comment: 'The domain is pure: it knows neither libraries nor the rest of the house.',
      severity: 'error',
      from: { path: '^domain/', pathNot: '\\.test\\.ts$|^domain/testing/' },
      to: { pathNot: '^domain/' },
    },
    {
      name: 'profiles-are-data',
      severity: 'error',
      from: { path: '^profiles/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(domain|profiles)/' },
    },
    {
      name: 'workflows-see-the-domain-and-temporal',
      comment: 'Anything else would be pulled into the sandbox bundle. Activities and ports are seen as types only.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: ['^domain/', '^workflows/', 'node_modules/@temporalio/(workflow|common)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'api-never-acts',
      comment: 'The API translates and refuses; what has effects is done by activities.',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^activities/' },
    },
    {
      name: 'the-sandbox-is-somebody-else',
      comment:
        'It plays other people’s services over HTTP: the product must not reach into it, nor it into the product.',
      severity: 'error',
      from: {
        path: '^(domain|profiles|workflows|activities|api|events|prisma|temporal|runtime|services/[^/]+\\.ts|[^/]+\\.ts)',
      },
      to: { path: '^services/sandbox/' },
    },
    {
      name: 'the-sandbox-knows-nobody',
      severity: 'error',
      from: { path: '^services/sandbox/' },
      to: {
        path: '^(domain|profiles|workflows|activities|api|events|prisma|temporal|runtime|stack|services/[^/]+\\.ts)',
      },
    },
    {
      name: 'prisma-knows-the-domain-only',
      severity: 'error',
      from: { path: '^prisma/', pathNot: '^prisma/generated/' },
      to: { path: '^(profiles|workflows|activities|services|events|api|temporal|stack)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^prisma/generated/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
