import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../../../config.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
import { SHUTDOWN_SECONDS } from '../../../temporal/worker.ts'
import { findKubeconform } from '../../support/kubeconform.ts'
import { folderForTest } from './folders.ts'

const folder = join(checkout, 'deploy', 'kubernetes')
const files = readdirSync(folder).filter((name) => name !== 'kustomization.yaml')

type Container = {
  name: string
  image: string
  command: string[]
  env?: { name: string; value: string }[]
  securityContext: object
  resources: { limits?: object }
  livenessProbe?: object
  readinessProbe?: object
}
type Resource = {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec: {
    replicas?: number
    minReplicas?: number
    maxReplicas?: number
    metrics?: object[]
    scaleTargetRef?: { name: string }
    triggers?: object[]
    podSelector?: { matchLabels?: Record<string, string>; matchExpressions?: { values: string[] }[] }
    policyTypes?: string[]
    egress?: { ports: { port: number }[] }[]
    selector: { matchLabels: object }
    template: {
      metadata: { labels: Record<string, string> }
      spec: { terminationGracePeriodSeconds: number; securityContext: object; containers: Container[] }
    }
  }
}

const resources = files.flatMap((name) =>
  parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as Resource),
)
const of = (kind: string) => resources.filter((resource) => resource.kind === kind)
const named = (kind: string, name: string) => of(kind).find(({ metadata }) => metadata.name === name)
const configured = () => ({
  ...named('ConfigMap', 'holdfast-config')?.data,
  ...named('Secret', 'holdfast-secrets')?.stringData,
})
const kubeconform = await findKubeconform()
const check = 'check' in kubeconform ? kubeconform.check : undefined

describe('T-11 deploy/kubernetes', () => {
  it.skipIf(check === undefined)(
    'needs kubeconform: every file is valid for Kubernetes and KEDA',
    { timeout: 60_000 },
    async () => {
      const summary = await check?.(files.map((name) => join(folder, name)))
      expect(summary).toContain(
        `${resources.length} resources found in ${files.length} files - Valid: ${resources.length}`,
      )
      const broken = join(folderForTest(), 'broken.yaml')
      writeFileSync(broken, readFileSync(join(folder, 'server.yaml'), 'utf8').replace('replicas: 3', 'replica: 3'))
      await expect(check?.([broken])).rejects.toThrow('ended with exit code 1')
    },
  )

  it('T-11 the API has three replicas, and 3 to 15 by 70 % of the processor and 80 % of the memory', () => {
    expect(named('Deployment', 'holdfast-server')?.spec.replicas).toBe(3)
    const { minReplicas, maxReplicas, metrics } = named('HorizontalPodAutoscaler', 'holdfast-server')!.spec
    expect([minReplicas, maxReplicas]).toEqual([3, 15])
    const by = (name: string, averageUtilization: number) => ({
      type: 'Resource',
      resource: { name, target: { type: 'Utilization', averageUtilization } },
    })
    expect(metrics).toEqual([by('cpu', 70), by('memory', 80)])
  })

  it('T-11 nothing runs as root, writes to its image or gains a privilege, and everything has a limit', () => {
    const workloads = [...of('Deployment'), ...of('Job')]
    expect(workloads).toHaveLength(6)
    for (const { spec } of workloads) {
      const pod = spec.template.spec
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const { securityContext, resources: wanted } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(wanted.limits).toHaveProperty('memory')
      }
    }
  })

  it('T-11 every process says whether it lives and whether it is ready, and may be moved one at a time', () => {
    const processes = of('Deployment')
    expect(processes.map(({ spec }) => spec.template.spec.containers[0]?.command.at(-1))).toEqual(
      expect.arrayContaining(['server.ts', 'worker.ts', 'relay.ts']),
    )
    for (const { metadata, spec } of processes) {
      expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels)
      const [container] = spec.template.spec.containers
      expect(container).toMatchObject({
        livenessProbe: { httpGet: {} },
        readinessProbe: { httpGet: { path: '/ready' } },
      })
      expect(named('PodDisruptionBudget', metadata.name)?.spec.selector).toEqual(spec.selector)
    }
  })

  it('T-11 workers are scaled by what waits in the task queue that they ask, each version by its own', () => {
    const { data } = named('ConfigMap', 'holdfast-config')!
    const scaled = of('ScaledObject')
    expect(scaled.map(({ spec }) => spec.scaleTargetRef)).toEqual(
      of('Deployment').flatMap(({ metadata: { name } }) => (name.includes('worker') ? [{ name }] : [])),
    )
    const queue = {
      endpoint: data?.['TEMPORAL_ADDRESS'],
      namespace: data?.['TEMPORAL_NAMESPACE'],
      taskQueue: data?.['TASK_QUEUE'],
      queueTypes: 'workflow,activity',
      targetQueueSize: '20',
    }
    const version = { workerDeploymentName: data?.['DEPLOYMENT_NAME'], workerDeploymentBuildId: 'build-id' }
    const triggers = Object.fromEntries(scaled.map(({ metadata, spec }) => [metadata.name, spec.triggers]))
    expect(triggers).toEqual({
      'holdfast-worker': [{ type: 'temporal', metadata: queue }],
      'holdfast-worker-build-id': [{ type: 'temporal', metadata: { ...queue, ...version } }],
    })
  })

  it('H-23 T-11 the workers of one version are those of worker.yaml with a BUILD_ID, and a job makes it current', () => {
    const podOf = (name: string) => {
      const { containers, ...pod } = named('Deployment', name)!.spec.template.spec
      const [{ image, env = [], ...container }] = containers as [Container]
      return { image, env, same: { ...pod, container } }
    }
    const [plain, versioned] = [podOf('holdfast-worker'), podOf('holdfast-worker-build-id')]
    expect(versioned.same).toEqual(plain.same)
    expect(plain.env).toEqual([])
    expect(versioned.env).toEqual([{ name: 'BUILD_ID', value: 'build-id' }])
    expect(versioned.image).toMatch(/:build-id$/)
    const [rollout] = named('Job', 'holdfast-rollout-build-id')!.spec.template.spec.containers
    expect(rollout?.command.slice(0, 4)).toEqual(['node', 'temporal/rollout-main.ts', 'current', 'build-id'])
    expect(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')).not.toContain('worker-version')
    expect(() => readConfig({ ...configured(), BUILD_ID: 'build-id' })).not.toThrow()
    expect(() => readConfig({ ...configured(), BUILD_ID: 'two words' })).toThrow('BUILD_ID is wrong')
    expect(() => readConfig({ ...configured(), DEPLOYMENT_NAME: 'hold.fast' })).toThrow('DEPLOYMENT_NAME is wrong')
  })

  it('T-11 who may be talked to is said for every process, and mail and Kafka are not for everybody', () => {
    const policies = of('NetworkPolicy').filter(({ spec }) => spec.policyTypes?.includes('Egress'))
    const portsOf = (name: string) =>
      policies.flatMap(({ spec: { podSelector, egress = [] } }) => {
        const { matchLabels, matchExpressions } = podSelector ?? {}
        const names = [
          matchLabels?.['app.kubernetes.io/name'] ?? [],
          ...(matchExpressions ?? []).map((all) => all.values),
        ]
        return names.flat().includes(name) ? egress.flatMap(({ ports }) => ports.map(({ port }) => port)) : []
      })
    const labels = [...of('Deployment'), ...of('Job')].map(
      ({ spec }) => spec.template.metadata.labels['app.kubernetes.io/name'] ?? '',
    )
    const ports = Object.fromEntries(labels.map((label) => [label, portsOf(label)]))
    expect(ports).toEqual({
      'holdfast-server': [5432, 7233, 6379, 9092, 80, 443, 4318],
      'holdfast-relay': [5432, 7233, 6379, 9092, 80, 443, 4318],
      'holdfast-worker': [5432, 7233, 6379, 80, 443, 587, 4318],
      'holdfast-worker-versioned': [5432, 7233, 6379, 80, 443, 587, 4318],
      'holdfast-migrate': [5432, 7233],
      'holdfast-rollout': [7233],
    })
    expect(named('NetworkPolicy', 'holdfast-closed')?.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    })
  })

  it('T-11 a pod is given longer to end than its process takes', () => {
    const pod = (name: string) => named('Deployment', name)!.spec.template.spec
    const drain = pod('holdfast-server').containers[0]?.env?.find(({ name }) => name === 'DRAIN_SECONDS')
    // Besides: the longest request, and for the worker what it closes at the end.
    expect(pod('holdfast-server').terminationGracePeriodSeconds).toBeGreaterThan(Number(drain?.value) + 40)
    expect(pod('holdfast-worker').terminationGracePeriodSeconds).toBeGreaterThanOrEqual(SHUTDOWN_SECONDS + 10)
    const compose = parse(readFileSync(join(checkout, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
      services: { worker: { stop_grace_period: string } }
    }
    expect(Number.parseInt(compose.services.worker.stop_grace_period)).toBeGreaterThanOrEqual(SHUTDOWN_SECONDS + 10)
  })

  it('T-11 O-07 spans may leave by the port of the collector that the configuration names', () => {
    const endpoint = new URL(named('ConfigMap', 'holdfast-config')?.data?.['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '')
    for (const name of ['holdfast-server-out', 'holdfast-worker-out']) {
      const ports = named('NetworkPolicy', name)?.spec.egress?.flatMap((out) => out.ports.map(({ port }) => port))
      expect(ports).toContain(Number(endpoint.port))
    }
  })

  it('the configuration is one that the processes accept', () => {
    expect(() => readConfig(configured())).not.toThrow()
  })
})
