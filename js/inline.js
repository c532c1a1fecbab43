// The script tag as one file, with the WebAssembly and the stylesheet in it, for places that allow nothing else.
import { boot } from './boot.js'
import { start } from './start.js'

boot(async () => ({ start }), true)
