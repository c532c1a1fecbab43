// `npm run docs`: writes the documents that are made from something else. `--check` only says which are out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { attributesPage } from './docs/attributes-page.mjs'
import { root } from './project.mjs'
import { Stop, script } from './shell.mjs'

/** @returns {{ path: string, text: string }[]} */
export const documents = () => [{ path: 'docs/attributes.md', text: attributesPage() }]

/** Those that are not as they would be made now. */
export const outdated = () => documents().filter(({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await script(async () => {
    const old = outdated()
    if (process.argv.includes('--check') && old.length > 0) throw new Stop(`Out of date: ${old.map(({ path }) => path).join(', ')}. \`npm run docs\` writes them anew.`)
    for (const { path, text } of old) writeFileSync(join(root, path), text)
    console.error(old.length > 0 ? `Written: ${old.map(({ path }) => path).join(', ')}.` : 'All documents are current.')
  })
}
