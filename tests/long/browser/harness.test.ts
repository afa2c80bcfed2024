import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumToHave, expectAccessible, openBrowser, type Browser } from '../../support/browser.ts'

const chromium = await chromiumToHave()

/** What the tests in a browser rely on: that it tells what is wrong. */
describe.skipIf(chromium === undefined)('the browser of the tests (needs Chromium)', () => {
  const pages: Readonly<Record<string, string>> = {
    '/fine': '<!doctype html><html lang="en"><title>Fine</title><main><h1>Fine</h1></main></html>',
    '/bad':
      '<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1><input><script>nowhere()</script><img alt="" src="/none.png"></main></html>',
  }
  const server = createServer((request, answer) => {
    const page = pages[request.url ?? '']
    answer.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(page)
  })
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    server.close()
  })

  test('finds nothing wrong with a page that has nothing wrong', async () => {
    const { page, faults } = await browser.person()
    await page.goto(`${origin}/fine`)
    await expectAccessible(page)
    // Its icon, which a browser asks for by itself, is not there.
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([])
  })

  test('tells an error of a script, what is not there, and a field without a name', async () => {
    const { page, faults } = await browser.person()
    await page.goto(`${origin}/bad`)
    expect(faults.join('\n')).toMatch(/nowhere is not defined/)
    expect(faults.join('\n')).toMatch(/404/)
    await expect(expectAccessible(page)).rejects.toThrow(/label: /)
  })
})
