// `npm run snippet`: the tag with an exact version and its hash, as one pastes it into a page. The release has it as
// dist/snippet.html, because the hash is known only when the release has been built.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { read } from './project.mjs'
import { script } from './shell.mjs'

/** @param {string} dist */
export function snippet(dist) {
  const { version, jsdelivr } = JSON.parse(read('package.json'))
  const file = jsdelivr.replace('./', '')
  const hash = createHash('sha384').update(readFileSync(join(dist, file.replace('dist/', '')))).digest('base64')
  return `<script async type="module"
  src="https://cdn.jsdelivr.net/npm/storywire@${version}/${file}"
  integrity="sha384-${hash}" crossorigin="anonymous"
  data-supabase-url="https://xyz.supabase.co"
  data-supabase-key="sb_publishable_…"></script>
`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { build } = await import('./build.mjs')
  const { setUp } = await import('./setup.mjs')
  await script(async () => console.log(snippet(await build({ release: true, env: await setUp({ browser: false }) }))))
}
