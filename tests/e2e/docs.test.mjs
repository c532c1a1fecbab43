// The documents as pages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { writePages } from '../../tools/docs/pages.mjs'
import { journey, openPage, post, state, tag } from './journey.mjs'

const names = writePages()
const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(
    `no document has anything that axe finds, ${colorScheme}`,
    journey(
      async (page, url) => {
        for (const name of names) {
          await page.goto(`${url}/docs/${name}.html`)
          await page.evaluate(axe)
          const { violations } = await page.evaluate(() => /** @type {any} */ (window).axe.run())
          assert.deepEqual(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`), [])
        }
      },
      { context: { colorScheme } },
    ),
  )
}

test(
  'a reader comes from the story page to every document, and each link leads somewhere',
  journey(async (page, url) => {
    await page.goto(`${url}/?seconds=1`)
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Documents' }).click()
    await page.waitForURL(`${url}/docs/`)
    const list = page.getByRole('navigation', { name: 'Documents' }).getByRole('link')
    assert.equal(await list.count(), names.length - 1)
    const targets = new Set()
    for (const name of names) {
      await page.goto(`${url}/docs/${name}.html`)
      for (const href of await page.locator('.docs a').evaluateAll((links) => links.map((link) => /** @type {HTMLAnchorElement} */ (link).href))) targets.add(href)
    }
    const own = [...targets].filter((href) => href.startsWith(url))
    assert.ok(own.length > 100)
    const ids = new Map()
    for (const href of own) {
      const [address, hash] = href.split('#')
      if (!ids.has(address)) {
        const answer = await page.request.get(String(address))
        assert.equal(answer.status(), 200, href)
        ids.set(address, new Set([...(await answer.text()).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)))
      }
      if (hash) assert.ok(ids.get(address).has(decodeURIComponent(hash)), href)
    }
  }),
)

test(
  'a document is readable on a narrow screen and on paper',
  journey(
    async (page, url) => {
      for (const name of names) {
        await page.goto(`${url}/docs/${name}.html`)
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
        assert.ok(wide <= room, `${name} is ${wide} wide, and there is room for ${room}`)
      }
      await page.emulateMedia({ media: 'print' })
      assert.equal(await page.locator('.contents').isVisible(), false)
      assert.equal(await page.locator('article').isVisible(), true)
    },
    { context: { viewport: { width: 320, height: 640 } } },
  ),
)

test(
  'a page with the content security policy of csp.md shows a story and an emotion, and nothing is blocked',
  journey(async (page, url) => {
    const [, policy = ''] = /Content-Security-Policy:\n(.*?)```/s.exec(readFileSync(new URL('../../docs/csp.md', import.meta.url), 'utf8')) ?? []
    assert.match(policy, /script-src .*'wasm-unsafe-eval'/)
    assert.doesNotMatch(policy, /'unsafe-(inline|eval)'/)
    // One origin stands for all hosts here, so 'self' would hide which directive allows what.
    const header = policy.replace(/'self' /g, '').replace(/https:\/\/[\w.]+/g, url).replace(/wss:\/\/[\w.]+/g, url.replace('http', 'ws')).replace(/\s+/g, ' ')
    const { id } = await post(`${url}/demo/stories`, { seconds: 1 })
    const { access_token } = await post(`${url}/demo/token`, {})
    const profile = '11111111-1111-4111-8111-111111111111'
    const body = `<div data-story-id="${id}"><div data-asset="cover"></div><div data-asset="audio"><div class="progress-bar"></div></div></div><div data-sw-emotion-graph></div>`
    // What was read before the stream is open is not sent.
    const stream = page.waitForResponse(/emotions\/stream/)
    await openPage(page, url, body, { head: tag(`data-access-token="${access_token}" data-profile="${profile}"`), headers: { 'content-security-policy': `default-src 'none'; ${header}` } })
    for (const asset of ['cover', 'audio']) await state(page, asset, 'ready')
    await page.waitForFunction(() => document.querySelector('[data-asset="cover"] img')?.naturalWidth)
    await stream
    await post(`${url}/rest/v1/emotion_check_ins`, { profile_id: profile, emotion: 'joy', intensity: 8 })
    await page.locator('svg[data-storywire] path').waitFor({ state: 'attached' })
    // The made-up page's own icon is data.
  }, { allow: /Loading the image 'data:,'/ }),
)
