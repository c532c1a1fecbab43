// The script tag: `<script async type="module" src="…/auto.js" data-supabase-url="…" …>`; a classic tag will do as well.
import { boot } from './boot.js'

boot((base) => {
  // What it imports comes at the same time.
  for (const name of STORYWIRE_FILES) import(/* @vite-ignore */ /* webpackIgnore: true */ base + name).catch(() => {})
  return import(/* @vite-ignore */ /* webpackIgnore: true */ `${base}start.js`)
})
