// What tools/build.mjs knows of the package, put into js/boot.js when it is assembled.

/** The version in package.json. */
declare const STORYWIRE_VERSION: string
/** The WebAssembly module of a page with stories. */
declare const STORYWIRE_WASM: { name: string; integrity: string }
/** What start.js imports before it runs. */
declare const STORYWIRE_FILES: string[]
/** The stylesheet as text; empty but in inline.js. */
declare const STORYWIRE_STYLES: string
