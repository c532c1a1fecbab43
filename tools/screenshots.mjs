// Every page as a visitor sees it, in every state: on a phone and on a desk, light and dark; the story page also in forced
// colours, from right to left, and without motion. Into target/screenshots/.
//
//   npm run screenshots             all pages
//   npm run screenshots -- shelf    those whose path contains `shelf`
//   npm run screenshots -- --docs   those that the documents show, into docs/
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { browserAndDriver, browserFlags } from './browser.mjs'
import { build } from './build.mjs'
import { open, pages, statesOf } from './pages.mjs'
import { root } from './project.mjs'
import { buildServer, startServer } from './server.mjs'
import { setUp } from './setup.mjs'
import { Stop, script } from './shell.mjs'

const phone = { width: 360, height: 740 }
const desk = { width: 1280, height: 800 }

/** @type {{ name: string, story?: boolean, rtl?: boolean, options: import('playwright-core').BrowserContextOptions }[]} */
const views = [
  { name: 'phone-light', options: { viewport: phone, colorScheme: 'light' } },
  { name: 'desk-light', options: { viewport: desk, colorScheme: 'light' } },
  { name: 'desk-dark', options: { viewport: desk, colorScheme: 'dark' } },
  { name: 'forced-colours', story: true, options: { viewport: desk, forcedColors: 'active', colorScheme: 'dark' } },
  { name: 'right-to-left', story: true, rtl: true, options: { viewport: desk } },
  { name: 'reduced-motion', story: true, options: { viewport: desk, reducedMotion: 'reduce' } },
]

/** What the documents show, by file. @type {Record<string, { path: string, state: string, options: import('playwright-core').BrowserContextOptions }>} */
const shown = {
  story: { path: '/', state: 'partly', options: { viewport: { width: 1280, height: 1020 } } },
  failed: { path: '/', state: 'failed', options: { viewport: { width: 400, height: 800 } } },
  notifications: { path: '/notifications.html', state: 'full', options: { viewport: { width: 400, height: 800 }, colorScheme: 'dark' } },
  presence: { path: '/room.html', state: 'crowd', options: { viewport: { width: 400, height: 800 } } },
}

await script(async () => {
  const env = await setUp({ browser: true })
  const { browser: executablePath } = browserAndDriver()
  const dist = await build({ release: false, env })
  const server = await startServer(await buildServer(env), { port: 0, dist })
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath, args: browserFlags })
  try {
    const shoot = async (/** @type {any} */ { path, state, options, rtl, file, fullPage = false }) => {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      // Where one reads from the right, the whole page does.
      if (rtl) await page.addInitScript(() => document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl')))
      await open(page, server.url.replace(/\/$/, ''), path, state)
      await page.screenshot({ path: join(root, file), fullPage })
      console.log(file)
      await context.close()
    }
    if (process.argv.includes('--docs')) {
      for (const [name, picture] of Object.entries(shown)) await shoot({ ...picture, file: `docs/${name}.png` })
      return
    }
    const folder = join(root, 'target', 'screenshots')
    mkdirSync(folder, { recursive: true })
    const wanted = pages.filter((path) => process.argv.slice(2).every((part) => (path === '/' ? '/index' : path).includes(part)))
    if (wanted.length === 0) throw new Stop('There is no such page in www/.')
    for (const path of wanted) {
      for (const state of statesOf(path)) {
        for (const { name, options, rtl } of views.filter((view) => path === '/' || !view.story)) {
          const file = `${path.replace(/\W+/g, ' ').trim().replace(/ ?html$/, '') || 'story'}-${state}-${name}.png`
          await shoot({ path, state, options, rtl, file: `target/screenshots/${file}`, fullPage: true })
        }
      }
    }
  } finally {
    await browser.close()
    await server.stop()
  }
})
