"""The report's style sheet: light and dark, from 320 px on, and on paper. Text has WCAG's contrast AA in both."""

_LIGHT = """
--paper:#fff;--card:#f5f6f8;--ink:#1b1f24;--soft:#57606a;--line:#dfe3e7;--grid:#eceef1;--link:#0a58b0;
--run:#7793b5;--run-pale:#dbe4ee;--bad:#c62828;--bad-ink:#a81e1e;--bad-pale:#fdf0ee;
--warn:#d9930d;--warn-ink:#7d5200;--warn-pale:#f9e9c8;--off:#a3abb4;--good:#1f7a46;--on:#fff
"""
_DARK = """
--paper:#14171b;--card:#1c2025;--ink:#e4e7eb;--soft:#a0a9b4;--line:#343b44;--grid:#23282f;--link:#7db7ff;
--run:#6485ad;--run-pale:#2a3746;--bad:#f0574b;--bad-ink:#ff8f85;--bad-pale:#2c191b;
--warn:#d99a2b;--warn-ink:#f0bd62;--warn-pale:#4a3714;--off:#68727e;--good:#6fcf97;--on:#14171b
"""

_PAGE = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;
font-variant-numeric:tabular-nums}
main,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}
h1,h2,p,dl,dd,ol,ul,pre{margin:0;padding:0}
h1{font-size:1.5rem;line-height:1.25;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1.05rem;font-weight:650;margin:1.6rem 0 .2rem}
a{color:var(--link);text-underline-offset:2px}
a:hover{text-decoration-thickness:2px}
code,pre,.cause{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em;
overflow-wrap:anywhere}
pre,.cause{white-space:pre-wrap}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.soft{color:var(--soft)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}

header{display:flex;flex-wrap:wrap;gap:.35rem .9rem;align-items:center;padding:1.4rem 0 .9rem}
header div{flex:1 1 16rem;min-width:0}
header p{overflow-wrap:anywhere}
.outcome{display:inline-flex;gap:.55em;align-items:baseline;padding:.3rem .75rem;border-radius:5px;
background:var(--tone);color:var(--on);font-weight:700;letter-spacing:.02em}
.outcome small{font-weight:500;font-size:.8rem;letter-spacing:0;white-space:nowrap}
.good{--tone:var(--good)}
.fail{--tone:var(--bad)}
.outcome.fail{--tone:var(--bad-ink)}
.verdict{border:1px solid var(--line);border-left:5px solid var(--tone);border-radius:6px;padding:.8rem 1.1rem}
.verdict.fail{background:var(--bad-pale)}
.sentence{font-size:1.1rem;font-weight:600;line-height:1.4;overflow-wrap:anywhere}
.verdict dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1.25rem;margin-top:.7rem}
.links{margin-top:.7rem;display:flex;flex-wrap:wrap;gap:.2rem 1.5rem}
dt{color:var(--soft)}
dd{overflow-wrap:anywhere;min-width:0}
.error{color:var(--bad-ink);font-weight:650;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15.5rem,100%),1fr));gap:.6rem 1.5rem;
margin-top:1rem}
.facts dt,.facts code{font-size:.8rem}
.facts .wide{grid-column:1/-1}
@media(min-width:70rem){.facts .wide{grid-column:span 2}}
.data{border:1px solid var(--line);border-radius:6px;margin-top:.6rem}
.data summary{cursor:pointer;padding:.45rem .8rem}
.data>:not(summary){padding:.2rem .8rem .7rem}
.more summary{cursor:pointer;padding:.2rem 0;color:var(--link)}
.settings{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);gap:.2rem 1rem}
main>.data:first-of-type{margin-top:1.6rem}
footer{margin-top:1.6rem;padding-bottom:2rem;color:var(--soft);font-size:.85rem}
"""

_CHART = """
.key{display:inline-flex;align-items:center;gap:.4em;margin-right:1.1em;white-space:nowrap}
.key i{width:1.1em;height:.65em;border-radius:2px;background:var(--tone)}
.chart{margin-top:.5rem;--name:clamp(15rem,34%,25rem);--how:11rem}
.axis{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--line);
padding:0 calc(var(--how) + .75rem) 0 calc(var(--name) + .75rem)}
.labels{position:relative;height:1.5rem;font-size:.75rem;color:var(--soft)}
.labels span{position:absolute;bottom:0;padding-left:.25rem;white-space:nowrap;border-left:1px solid var(--line)}
.bars{list-style:none}
.run{--tone:var(--run);--pale:var(--run-pale);--word:var(--soft)}
.warn{--tone:var(--warn);--pale:var(--warn-pale);--word:var(--warn-ink)}
.bad{--tone:var(--bad);--pale:var(--run-pale);--word:var(--bad-ink)}
.off{--tone:var(--off);--pale:var(--grid);--word:var(--soft)}
.row{display:grid;grid-template-columns:var(--name) minmax(0,1fr) var(--how);column-gap:.75rem;align-items:center;
min-height:1.8rem;border-bottom:1px solid var(--grid)}
.row:hover{background:var(--card)}
summary.row{cursor:pointer;list-style:none}
summary.row::-webkit-details-marker{display:none}
.what{--indent:calc(var(--depth)*1.1rem);position:relative;padding:.15rem 0 .15rem calc(var(--indent) + 1.1rem);
line-height:1.3;overflow-wrap:anywhere}
.what b{font-weight:600}
.what .soft{font-size:.8rem;margin-left:.25em}
summary .what::before{content:"";position:absolute;left:calc(var(--indent) + .2rem);top:.55em;
border:.3em solid transparent;border-left:.42em solid var(--soft);border-right:0}
details[open]>summary .what::before{transform:rotate(90deg)}
.track{position:relative;display:block;align-self:stretch;overflow:hidden;
background:repeating-linear-gradient(90deg,var(--grid) 0 1px,transparent 1px var(--step))}
.track i{position:absolute;top:50%;height:.8rem;margin-top:-.4rem;min-width:3px;border-radius:2px;
background:var(--tone)}
.leaf .whole:not(:last-child){background:var(--pale)}
.track .try:not(.failed){background:var(--run)}
.run .track .failed{background:var(--warn)}
.track .failed{border-right:2px solid var(--paper)}
.track .running{mask-image:repeating-linear-gradient(90deg,#000 0 6px,transparent 6px 9px)}
.off .track i:last-child,.track.fold i{box-shadow:inset 0 0 0 1px var(--off);
background:repeating-linear-gradient(135deg,var(--off) 0 2px,transparent 2px 5px)}
.track.many i{height:.5rem;margin-top:-.25rem;border-radius:0}
.track.group i{height:.3rem;margin-top:-.15rem;border-radius:1px}
.how{display:flex;justify-content:flex-end;gap:.6rem;align-items:baseline;text-align:right;font-size:.85rem}
.status{color:var(--word);font-weight:600;line-height:1.2}
.took{white-space:nowrap;min-width:5.8em}
.row.culprit,.notes.culprit{background:var(--bad-pale);box-shadow:inset 4px 0 var(--bad)}
.row.culprit:not(:last-child){border-bottom:0}
.notes{list-style:none;padding:.35rem .5rem .45rem calc(var(--depth)*1.1rem + 1.1rem);font-size:.9rem;
border-bottom:1px solid var(--grid)}
.notes li{overflow-wrap:anywhere}
.notes .error{color:var(--word,var(--warn-ink))}
"""

_NARROW = """
main,footer{padding-left:.9rem;padding-right:.9rem}
.verdict dl,.settings{grid-template-columns:minmax(0,1fr);gap:0}
.verdict dd,.settings dd{margin-bottom:.4rem}
.axis{padding:0}
.labels span:nth-child(even),.labels .late{display:none}
.row{grid-template-columns:minmax(0,1fr) auto;grid-template-areas:"what how" "track track";padding:.2rem 0}
.what{grid-area:what}
.what,.notes{--indent:calc(min(var(--depth),6)*.6rem);padding-left:calc(var(--indent) + 1rem)}
.how{grid-area:how;flex-direction:column;align-items:flex-end;gap:0;max-width:8.5rem}
.track{grid-area:track;height:1.1rem}
.took{min-width:0}
"""

_PRINT = """
body{font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible;display:block;height:auto}
.axis{position:static}
.row,.notes li,.verdict{break-inside:avoid}
a[href^="http"]::after{content:" (" attr(href) ")";font-size:.85em;overflow-wrap:anywhere}
"""

STYLE = (
    f":root{{color-scheme:light dark;{_LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}{_PAGE}{_CHART}"
    f"@media(max-width:44rem){{{_NARROW}}}@media print{{:root{{color-scheme:light;{_LIGHT}}}{_PRINT}}}"
)
