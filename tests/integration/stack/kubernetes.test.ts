import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readConfig } from '../../../config.ts'
import { checkout } from '../../../stack/launcher/cache.mjs'
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
    egress?: object[]
    minReplicas?: number
    maxReplicas?: number
    metrics?: object[]
    scaleTargetRef?: { name: string }
    selector: { matchLabels: object }
    template: {
      metadata: { labels: object }
      spec: { terminationGracePeriodSeconds: number; securityContext: object; containers: Container[] }
    }
  }
}

const resources = files.flatMap((name) =>
  parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => document.toJS() as Resource),
)
const of = (kind: string) => resources.filter((resource) => resource.kind === kind)
const named = (kind: string, name: string) => of(kind).find(({ metadata }) => metadata.name === name)
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
    expect(workloads).toHaveLength(4)
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
    expect(named('ScaledObject', 'holdfast-worker')?.spec.scaleTargetRef).toEqual({ name: 'holdfast-worker' })
  })

  it('T-11 a pod is given longer to end than its process takes', () => {
    const grace = (name: string) => named('Deployment', name)!.spec.template.spec.terminationGracePeriodSeconds
    expect(grace('holdfast-worker')).toBeGreaterThan(20)
    expect(grace('holdfast-server')).toBeGreaterThan(10 + 30)
  })

  it('T-11 O-07 spans may leave for the collector that the configuration names, and for no other', () => {
    const endpoint = new URL(named('ConfigMap', 'holdfast-config')?.data?.['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '')
    const [, namespace] = endpoint.hostname.split('.')
    const { egress } = named('NetworkPolicy', 'holdfast-out')!.spec
    expect(egress).toContainEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
      ports: [{ port: Number(endpoint.port) }],
    })
  })

  it('the configuration is one that the processes accept', () => {
    const { data = {} } = named('ConfigMap', 'holdfast-config')!
    const { stringData = {} } = named('Secret', 'holdfast-secrets')!
    expect(() => readConfig({ ...data, ...stringData })).not.toThrow()
  })
})
