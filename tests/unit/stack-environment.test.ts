import { describe, expect, it } from 'vitest'
import { environments } from '../../stack/environment.ts'
import { readSettings } from '../../stack/settings.ts'

/** What `npm start` gives the API, in an environment. */
function apiIn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = readSettings(env)
  const urls = { api: '', sandbox: undefined, temporalUi: undefined, temporalAddress: '', databaseUrl: '' }
  return environments(env, settings, { paymentWebhookSecret: 'whsec_x' }, urls).api
}

describe('what npm start gives the API', () => {
  it('offers the console the people and the cards of the sandbox', () => {
    expect(apiIn({ SANDBOX_PORT: '4001' })).toMatchObject({ CONSOLE_SANDBOX_URL: 'http://127.0.0.1:4001' })
  })

  it('offers none where people or payments are somebody else’s', () => {
    for (const name of ['AUTH_ISSUER', 'PAYMENT_SERVICE_URL'])
      expect(apiIn({ [name]: 'https://other.example' })).not.toHaveProperty('CONSOLE_SANDBOX_URL')
  })
})
