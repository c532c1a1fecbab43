// `npm run docs`: writes the documents that are made from something else. `--check` only says which are out of date.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { declareTypes } from './build.mjs'
import { attributesPage } from './docs/attributes-page.mjs'
import { codesSection } from './docs/codes.mjs'
import { figures } from './docs/figures.mjs'
import { environment, read, root } from './project.mjs'
import { setUp } from './setup.mjs'
import { Stop, script } from './shell.mjs'

/** @returns {Promise<{ path: string, text: string }[]>} */
async function documents() {
  const { apiPage } = await import('./docs/api-page.mjs')
  mkdirSync(join(root, 'target'), { recursive: true })
  const types = mkdtempSync(join(root, 'target', 'types-'))
  try {
    await declareTypes(types, environment())
    return [
      { path: 'docs/attributes.md', text: attributesPage() },
      { path: 'docs/api.md', text: apiPage(types) },
      { path: 'docs/troubleshooting.md', text: filledIn('docs/troubleshooting.md', codesSection()) },
      { path: 'README.md', text: withFigures(read('README.md'), read('docs/benchmarks.md')) },
    ]
  } finally {
    rmSync(types, { recursive: true, force: true })
  }
}

/** A document whose end is made. */
function filledIn(path, made) {
  const [own, mark] = /^.*?(<!-- What follows is written by .*? -->)/s.exec(read(path)) ?? []
  if (!own || !mark) throw new Error(`${path} has no mark where its generated part begins`)
  return `${own}\n\n${made}\n`
}

/** The README with its few figures. @param {string} readme @param {string} benchmarks */
export function withFigures(readme, benchmarks) {
  const place = /(<!-- By `npm run docs`, from docs\/benchmarks\.md\. -->\n).*?(<!-- -->)/s
  if (!place.test(readme)) throw new Error('README.md has no mark where its figures stand')
  return readme.replace(place, (_, begin, end) => `${begin}\n${figures(benchmarks)}\n\n${end}`)
}

/** Those that are not as they would be made now. */
export const outdated = async () => (await documents()).filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await script(async () => {
    await setUp({ browser: false })
    const old = await outdated()
    if (process.argv.includes('--check') && old.length > 0) throw new Stop(`Out of date: ${old.map(({ path }) => path).join(', ')}. \`npm run docs\` writes them anew.`)
    for (const { path, text } of old) writeFileSync(join(root, path), text)
    console.error(old.length > 0 ? `Written: ${old.map(({ path }) => path).join(', ')}.` : 'All documents are current.')
  })
}
