// Starts the page: loads the module and the WebAssembly that trunk names on this script's own element.
//
// A release comes in two parts (.ci/part.mjs): what runs until the stage moves, and the rest, which is fetched once the
// page stands. Should something need the rest before it is there, it is loaded on the spot: waiting a moment is better
// than a click that does nothing.
const { js, wasm, rest } = document.querySelector("script[data-wasm]").dataset;
const at = (path) => new URL(path, document.baseURI).href;

let first;

function join(restModule) {
  if (first.split_ready.value) return;
  new WebAssembly.Instance(restModule, { first });
  first.split_ready.value = 1;
}

function load() {
  const request = new XMLHttpRequest();
  request.open("GET", at(rest), false);
  // The only way to get bytes from a request that is waited for.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${rest}: ${request.status}`);
  join(new WebAssembly.Module(Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0) & 0xff)));
}

// wasm-bindgen's module makes the imports itself and offers no way to add to them.
function alsoImport(name) {
  const usual = WebAssembly[name];
  WebAssembly[name] = async (source, imports) => {
    const result = await usual.call(WebAssembly, source, { ...imports, split: { load } });
    first = (result.instance ?? result).exports;
    return result;
  };
  return () => (WebAssembly[name] = usual);
}

const module = await import(at(js));
if (rest) {
  const restore = ["instantiate", "instantiateStreaming"].map(alsoImport);
  await module.default({ module_or_path: at(wasm) });
  restore.forEach((undo) => undo());
  const fetched = await fetch(at(rest), { priority: "low" });
  if (!first.split_ready.value) join(await WebAssembly.compileStreaming(fetched));
} else {
  await module.default({ module_or_path: at(wasm) });
}
