// Builds what every page shares: plotly.js with the traces below, and the Persian font.  Run: npm install && npm run build
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";

const TRACES = [
  "scatter", "bar", "pie", "heatmap", "histogram", "box", "violin", "sankey", "funnel", "waterfall",
  "indicator", "treemap", "sunburst", "calendars",
];
const PLOTLY = "4.1.1"; // what plotly.py 7.1 writes figures for; an old Node would silently install 3.x
const out = new URL("../../cx_helpers/report/assets/", import.meta.url);
const installed = JSON.parse(readFileSync("node_modules/plotly.js/package.json", "utf8")).version;
if (installed !== PLOTLY) throw new Error(`plotly.js ${installed} is installed, ${PLOTLY} is needed: rm -r node_modules; npm install`);

const entry = [
  'const Plotly = require("plotly.js/src/core");',
  `Plotly.register([${TRACES.map((name) => `require("plotly.js/lib/${name}")`).join(", ")}]);`,
  "window.Plotly = Plotly;",
].join("\n");

mkdirSync(out, { recursive: true });
const { warnings } = await build({
  stdin: { contents: entry, resolveDir: "." },
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  define: { global: "window", "define.amd": "false", "process.env.NODE_DEBUG": "false" },
  alias: { stream: "stream-browserify" },
  loader: { ".css": "empty" },
  banner: { js: `/* plotly.js ${PLOTLY} (MIT, plotly.com), custom bundle: ${TRACES.join(" ")} */` },
  outfile: new URL("plotly.min.js", out).pathname,
});
if (warnings.length) throw new Error(warnings.map((warning) => warning.text).join("\n"));

copyFileSync("node_modules/vazirmatn/fonts/webfonts/Vazirmatn[wght].woff2", new URL("Vazirmatn.woff2", out));
mkdirSync(new URL("../fonts/", out), { recursive: true }); // matplotlib reads neither woff2 nor weights of a variable font
copyFileSync("node_modules/vazirmatn/fonts/ttf/Vazirmatn-Regular.ttf", new URL("../fonts/Vazirmatn-Regular.ttf", out));
copyFileSync("node_modules/vazirmatn/OFL.txt", new URL("../fonts/OFL.txt", out));
copyFileSync("node_modules/vazirmatn/OFL.txt", new URL("Vazirmatn-OFL.txt", out));
copyFileSync("node_modules/plotly.js/LICENSE", new URL("plotly-LICENSE.txt", out));
writeFileSync(new URL("traces.json", out), JSON.stringify({ "plotly.js": PLOTLY, traces: TRACES }) + "\n");
console.log(`plotly.min.js ${statSync(new URL("plotly.min.js", out)).size.toLocaleString("en")} bytes`);
