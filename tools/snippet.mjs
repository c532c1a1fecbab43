// `npm run snippet`: the tag with an exact version and its hash, as one pastes it into a page. The release has it as
// dist/snippet.html, because the hash is known only when the release has been built.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { read } from './project.mjs'
import { script } from './shell.mjs'

/**
 * The tag, and before it what it will ask for, so that a phone asks for all of it at once: each way to a CDN and back takes a
 * slow network half a second.
 * @param {string} dist
 */
export function snippet(dist) {
  const { version } = JSON.parse(read('package.json'))
  /** Where a file is, and its hash. @param {'src' | 'href'} attribute @param {string} name @param {'sha256' | 'sha384'} [kind] */
  const from = (attribute, name, kind = 'sha384') => {
    const hash = createHash(kind).update(readFileSync(join(dist, name))).digest('base64')
    return `${attribute}="https://cdn.jsdelivr.net/npm/storywire@${version}/dist/${name}"\n  integrity="${kind}-${hash}" crossorigin="anonymous"`
  }
  const scripts = ['start.js', ...[...readFileSync(join(dist, 'start.js'), 'utf8').matchAll(/^import.*?["']\.\/(storywire-[^"']+)["']/gm)].map(([, name]) => String(name))]
  return `${scripts.map((name) => `<link rel="modulepreload" ${from('href', name)}>\n`).join('')}${'' /* The hash as the script has it: a browser asks again if they differ. */}<link rel="preload" as="fetch" type="application/wasm" ${from('href', 'storywire_story_bg.wasm', 'sha256')}>
<script async type="module" ${from('src', 'auto.js')}
  data-supabase-url="https://xyz.supabase.co"
  data-supabase-key="sb_publishable_…"></script>
`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { build } = await import('./build.mjs')
  const { setUp } = await import('./setup.mjs')
  await script(async () => console.log(snippet(await build({ release: true, env: await setUp({ browser: false }) }))))
}
