// Pages as Webflow exports them, from fixtures/webflow: served at `/site/…` of the backend's own origin, with their scripts,
// among them the jQuery of such pages and a stand-in for webflow.js.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const fixtures = fileURLToPath(new URL('fixtures/webflow', import.meta.url))
const jquery = fileURLToPath(new URL('../../node_modules/jquery/dist/jquery.min.js', import.meta.url))
const types = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
const placeholder = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600" fill="#ded3c4"/></svg>'

/** A file of the fixtures with values in the place of `{{names}}`. @param {string} name @param {Record<string, string>} values */
export const fill = (name, values) => readFileSync(join(fixtures, name), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, one) => values[one] ?? '')

/**
 * Opens a page of the site. `more` has pages that are fetched by it, by their query.
 * @param {import('playwright-core').Page} page @param {string} url @param {string} name @param {Record<string, string>} values
 * @param {{ more?: Record<string, Record<string, string>>, video?: Buffer, rewrite?: (html: string) => string, waitUntil?: 'load' | 'commit' }} [options]
 */
export async function openSite(page, url, name, values, { more = {}, video, rewrite = (html) => html, waitUntil = 'load' } = {}) {
  await page.route(`${url}/site/**`, (route) => {
    const { pathname, search } = new URL(route.request().url())
    const file = pathname.slice('/site/'.length)
    if (file === 'js/jquery.js') return route.fulfill({ path: jquery })
    if (/^images\//.test(file)) return route.fulfill({ contentType: 'image/svg+xml', body: placeholder })
    if (/^videos\//.test(file)) return route.fulfill({ contentType: 'video/webm', body: video })
    if (/\.(css|js)$/.test(file)) return route.fulfill({ contentType: types[file.split('.').pop()], path: join(fixtures, file) })
    return route.fulfill({ contentType: 'text/html', body: rewrite(fill(`${file}.html`, more[search] ?? values)) })
  })
  await page.goto(`${url}/site/${name}`, { waitUntil })
}

/** A second of video, which the browser makes itself. @param {import('playwright-core').Page} page */
export async function makeVideo(page) {
  const base64 = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 })
    const context = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
    const chunks = []
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    recorder.start()
    for (let frame = 0; frame < 12; frame++) {
      context.fillStyle = `hsl(${frame * 9} 60% 40%)`
      context.fillRect(0, 0, 64, 36)
      await new Promise(requestAnimationFrame)
    }
    await new Promise((resolve) => ((recorder.onstop = resolve), recorder.stop()))
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
    return btoa(String.fromCharCode(...bytes))
  })
  return Buffer.from(base64, 'base64')
}
