// Starts the page: loads the module and the WebAssembly that trunk names on this script's own element.
const { js, wasm } = document.querySelector("script[data-wasm]").dataset;
const at = (path) => new URL(path, document.baseURI).href;
const module = await import(at(js));
await module.default({ module_or_path: at(wasm) });
