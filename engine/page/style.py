"""How a page looks: one style sheet for all of them, for a screen in light or dark and for A4."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --page: #fbfbf9; --ink: #1c2126; --quiet: #5a646e; --line: #d9dde1; --card: #ffffff;
  --before: #9aa5b1; --after: #2f6f9f; --second: #c2681b; --third: #7b4fa3; --track: #eceff1; --good: #1d6b3a;
  --good-page: #e5f3e9; --mid: #7a5200; --mid-page: #fdf3dc; --bad: #a32020; --bad-page: #fbe9e7; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #14181c; --ink: #e6e9ec; --quiet: #a0abb5;
  --line: #333b43; --card: #1b2127; --before: #6f7b87; --after: #6db3e0; --second: #e8a15c; --third: #b99ae0;
  --track: #262d34; --good: #7fd6a0; --good-page: #16301f; --mid: #e8c170; --mid-page: #33280f; --bad: #ff9a8f;
  --bad-page: #3a1c1a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; margin: 0; font-weight: 600; color: var(--quiet); }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; break-after: avoid; }
h3 { font-size: .95rem; margin: 0 0 .6rem; }
p { margin: .4rem 0; }
.verdict { border: 2px solid; border-radius: .6rem; padding: .9rem 1.1rem; margin: .75rem 0 1.25rem; }
.verdict strong { font-size: 2.2rem; line-height: 1.1; display: block; letter-spacing: .02em; }
.verdict p, .verdict li { color: var(--ink); }
.verdict ul { margin: .5rem 0 0; padding-left: 1.2rem; }
.go { color: var(--good); background: var(--good-page); border-color: var(--good); }
.open { color: var(--mid); background: var(--mid-page); border-color: var(--mid); }
.no-go { color: var(--bad); background: var(--bad-page); border-color: var(--bad); }
.figures, .plots { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); }
.plots { grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); align-items: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: 0; }
.card b { display: block; font-size: 1.25rem; font-weight: 600; overflow-wrap: normal;
  font-variant-numeric: tabular-nums; }
.card span, .note { color: var(--quiet); font-size: .875rem; }
.plots svg { display: block; width: 100%; max-width: 36rem; height: auto; font-size: 11.5px; }
svg text { fill: var(--ink); } svg .told { font-variant-numeric: tabular-nums; }
svg .before { fill: var(--before); } svg .after { fill: var(--after); } svg .second { fill: var(--second); }
svg .third { fill: var(--third); } svg .track { fill: var(--track); } svg .axis { stroke: var(--quiet); }
svg .edge { stroke: var(--second); stroke-width: .8; } svg .line { fill: none; stroke-width: 1.6; }
svg .line.before { stroke: var(--before); } svg .line.after { stroke: var(--after); }
svg .line.second { stroke: var(--second); } svg .line.third { stroke: var(--third); }
svg .dashed { stroke-dasharray: 5 4; } svg .grid { stroke: var(--line); } svg .quiet { fill: var(--quiet); }
svg .area { opacity: .3; } svg .hold { fill: var(--mid); opacity: .28; } svg .bad { fill: var(--bad); }
svg .limit { stroke: var(--bad); stroke-width: 1.4; } svg .now { stroke: var(--quiet); stroke-dasharray: 2 3; }
svg .plan { fill: none; stroke: var(--before); } svg .faint { opacity: .45; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; border-top: 1px solid var(--line); }
td { min-width: 4.5rem; overflow-wrap: break-word; } td:first-child { min-width: 7rem; }
td.wide { min-width: 14rem; overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; white-space: nowrap; }
tr[class] td:first-child { white-space: nowrap; }
tr.good td:first-child { color: var(--good); } tr.mid td:first-child { color: var(--mid); font-weight: 600; }
tr.bad td:first-child { color: var(--bad); font-weight: 700; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media screen and (max-width: 40rem) {
  .scroll { border: 0; background: none; overflow: visible; }
  table, tbody, tr, td { display: block; width: 100%; } thead { display: none; }
  tr { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 .6rem;
    padding: .3rem 0; }
  td, td.wide, td.number, td:first-child { border: 0; padding: .15rem .8rem; min-width: 0;
    text-align: left; white-space: normal; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--quiet); }
}
@page { size: A4; margin: 14mm 12mm 16mm; }
@media print {
  :root { font-size: 9.5pt; color-scheme: light; --page: #fff; --card: #fff; --track: #fff; --line: #999; }
  svg .grid { stroke: #ddd; }
  body { max-width: none; padding: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .plots { grid-template-columns: 1fr 1fr; } .figures { grid-template-columns: repeat(3, 1fr); }
  .scroll { overflow: visible; border: 0; } .verdict, .card, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 8pt; } th, td { padding: .25rem .35rem; } td, td.wide, td:first-child { min-width: 0; }
  thead th { white-space: normal; overflow-wrap: normal; }
}
"""
