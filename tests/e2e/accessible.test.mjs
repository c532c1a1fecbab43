// axe finds nothing on any page of www/, in any state, light and dark, from a small phone to a large screen.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { open, pages, statesOf } from '../../tools/pages.mjs'
import { journey } from './journey.mjs'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe objects to, one line for each element. */
const objections = () =>
  /** @type {any} */ (window).axe
    .run(document, { resultTypes: ['violations'], rules: { 'color-contrast': { enabled: true } } })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`)))

for (const path of pages) {
  for (const state of statesOf(path)) {
    test(
      `axe finds nothing on ${path}, ${state}`,
      journey(
        async (page, url) => {
          // Colours on their way from light to dark are no colours of the page.
          await page.emulateMedia({ reducedMotion: 'reduce' })
          await open(page, url, path, state)
          await page.addScriptTag({ path: axe })
          for (const width of [320, 768, 1920]) {
            await page.setViewportSize({ width, height: 800 })
            for (const colorScheme of ['light', 'dark']) {
              await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
              await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
              assert.deepEqual(await page.evaluate(objections), [], `${width} px, ${colorScheme}`)
              const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
              assert.ok(over <= 0, `${width} px: the page is ${over} px wider than its window`)
            }
          }
        },
        { allow: /ERR_INTERNET_DISCONNECTED|WebSocket|Failed to load resource/ },
      ),
    )
  }
}

test(
  'what is wrong is found',
  journey(async (page) => {
    await page.setContent('<html lang="en"><title>Wrong</title><main><h1>A title</h1><p style="color:#ccc;background:#fff">Too pale</p><button></button></main>')
    await page.addScriptTag({ path: axe })
    const found = await page.evaluate(objections)
    assert.deepEqual(found.map((text) => text.split(' ')[0]).sort(), ['button-name', 'color-contrast'])
  }),
)
