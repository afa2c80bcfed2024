import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { cacheFolder, fillOnce, toolEnvironment } from '../../stack/launcher/cache.mjs'
import { runTool } from '../../stack/launcher/tool.mjs'

const KUBECONFORM = '0.7.0'
/** The wheel has the schemas of many versions of Kubernetes; this is the oldest that is still looked after. */
const SCHEMAS = { wheel: '1.37.0', kubernetes: '1.35.0' }
const KEDA = '2.17.2'

/** The kinds that Kubernetes itself has and `deploy/kubernetes` uses, as the schemas' files are called. */
const KINDS = [
  'namespace-v1',
  'serviceaccount-v1',
  'configmap-v1',
  'secret-v1',
  'service-v1',
  'job-batch-v1',
  'deployment-apps-v1',
  'horizontalpodautoscaler-autoscaling-v2',
  'poddisruptionbudget-policy-v1',
  'networkpolicy-networking-v1',
]

export type Kubeconform =
  | { readonly check: (files: readonly string[]) => Promise<string> }
  | { readonly missing: string }

/** Finds kubeconform and the schemas it needs, fetched once (Go, pip); or says why there is none. */
export async function findKubeconform(): Promise<Kubeconform> {
  const folder = join(cacheFolder().path, `kubeconform-${KUBECONFORM}-${SCHEMAS.kubernetes}-${KEDA}`)
  try {
    if (!existsSync(folder)) await fillOnce(folder, fetchAll)
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
  const schemas = join(folder, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json')
  return {
    check: (files) =>
      runTool(join(folder, 'kubeconform'), ['-strict', '-summary', '-schema-location', schemas, ...files]),
  }
}

async function fetchAll(folder: string): Promise<void> {
  const cache = cacheFolder()
  const env = { ...toolEnvironment(cache), GOBIN: folder, GOFLAGS: '-modcacherw' }
  const used = join(folder, 'used')
  mkdirSync(join(folder, 'schemas'))
  mkdirSync(used)
  await runTool('go', ['install', `github.com/yannh/kubeconform/cmd/kubeconform@v${KUBECONFORM}`], { cwd: used, env })
  const wheel = ['download', '--no-deps', '--dest', used, `kubernetes-validate==${SCHEMAS.wheel}`]
  await runTool('python3', ['-m', 'pip', ...wheel], { env })
  const packed = join(used, `kubernetes_validate-${SCHEMAS.wheel}-py3-none-any.whl`)
  await runTool('python3', ['-m', 'zipfile', '-e', packed, used], { env })
  const from = join(used, 'kubernetes_validate', 'kubernetes-json-schema', `v${SCHEMAS.kubernetes}-local-strict`)
  const definitions = readFileSync(join(from, '_definitions.json'), 'utf8')
  for (const kind of KINDS) {
    const schema = readFileSync(join(from, `${kind}.json`), 'utf8')
    // kubeconform does not follow references to files beside it: the definitions are put into each.
    const inOne = { ...(JSON.parse(inPlace(schema)) as object), ...(JSON.parse(inPlace(definitions)) as object) }
    writeFileSync(join(folder, 'schemas', `${kind}.json`), JSON.stringify(inOne))
  }
  await fetchKeda(folder, used, env)
  rmSync(used, { recursive: true, force: true })
}

const inPlace = (schema: string): string => schema.replaceAll(/"_definitions\.json#/g, '"#')

async function fetchKeda(folder: string, used: string, env: NodeJS.ProcessEnv): Promise<void> {
  const told = await runTool('go', ['mod', 'download', '-json', `github.com/kedacore/keda/v2@v${KEDA}`], {
    cwd: used,
    env,
  })
  const { Dir: sources } = JSON.parse(told) as { Dir: string }
  const crd = parse(readFileSync(join(sources, 'config', 'crd', 'bases', 'keda.sh_scaledobjects.yaml'), 'utf8')) as {
    spec: { versions: { schema: { openAPIV3Schema: object } }[] }
  }
  const file = join(used, 'scaledobject.json')
  writeFileSync(file, JSON.stringify(crd.spec.versions[0]?.schema.openAPIV3Schema))
  renameSync(file, join(folder, 'schemas', 'scaledobject-keda-v1alpha1.json'))
}
