// The script tag: `<script async type="module" src="…/auto.js" data-supabase-url="…" …>`; a classic tag will do as well.
import { boot } from './boot.js'

boot((base) => import(/* @vite-ignore */ /* webpackIgnore: true */ `${base}start.js`))
