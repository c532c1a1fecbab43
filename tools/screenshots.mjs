// Every page as a visitor sees it, light and dark, on a phone and on a desk: into target/screenshots/.
//
//   npm run screenshots             all pages
//   npm run screenshots -- story    those whose path contains `story`
import { mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { browserAndDriver, browserFlags } from './browser.mjs'
import { build } from './build.mjs'
import { filesUnder, root } from './project.mjs'
import { buildServer, startServer } from './server.mjs'
import { setUp } from './setup.mjs'
import { Stop, script } from './shell.mjs'

const views = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
].flatMap((viewport) => ['light', 'dark'].map((colorScheme) => ({ viewport, colorScheme })))

/** A story needs a moment to get going; the second picture is of one that is under way. */
const moments = [0, 4000]

await script(async () => {
  const env = await setUp({ browser: true })
  const { browser: executablePath } = browserAndDriver()
  const dist = await build({ release: false, env })
  const server = await startServer(await buildServer(env), { port: 0, dist })
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath, args: browserFlags })
  try {
    const folder = join(root, 'target', 'screenshots')
    mkdirSync(folder, { recursive: true })
    const pages = filesUnder('www')
      .filter((file) => file.endsWith('index.html'))
      .map((file) => relative(join(root, 'www'), dirname(file)))
      .filter((path) => process.argv.slice(2).every((part) => path.includes(part)))
    if (pages.length === 0) throw new Stop('There is no such page in www/.')
    for (const path of pages) {
      for (const { viewport, colorScheme } of views) {
        const page = await browser.newPage({ viewport, colorScheme })
        await page.goto(`${server.url}/${path ? `${path}/` : ''}`)
        for (const moment of moments) {
          await page.waitForTimeout(moment)
          const name = `${path.replaceAll('/', '-') || 'home'}-${viewport.width}-${colorScheme}${moment ? '-later' : ''}.png`
          await page.screenshot({ path: join(folder, name), fullPage: true })
          console.log(`target/screenshots/${name}`)
        }
        await page.close()
      }
    }
  } finally {
    await browser.close()
    await server.stop()
  }
})
