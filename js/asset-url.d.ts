// A file of the package, imported for its address, as bundlers give it.
declare const url: string
export default url
