"""Opens pages in headless Chromium: accessibility by axe-core, load time, overflow, pictures."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

AXE = Path(__file__).resolve().parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
)


def needs_browser() -> None:
    """Skip a test where Chromium or axe-core is missing."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")


def chromium(*words: object, timeout: float = 240) -> str:
    """Run Chromium with a fresh profile and return its standard output."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *FLAGS, *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def with_script(page: Path, script: str, name: str) -> Path:
    """Write a copy of a page that runs a script and leaves its JSON in the document."""
    text = page.read_text(encoding="utf-8")
    copy = page.with_name(f"{page.stem}-{name}.html")
    at = text.rindex("</body>")
    copy.write_text(f"{text[:at]}{script}{text[at:]}", encoding="utf-8")
    return copy


def result_of(dom: str) -> object:
    """Read the JSON that a script left in a dumped document."""
    found = re.search(r'<pre id="result-of-test">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[-500:]
    return json.loads(html.unescape(found.group(1)))


LEAVE = """
function leave(value){var p=document.createElement('pre');p.id='result-of-test';
p.textContent=JSON.stringify(value);document.body.appendChild(p)}
"""


def accessibility(page: Path, *, theme: str = "light", width: int = 1280, height: int = 900) -> list[dict[str, str]]:
    """Return axe-core's serious and critical findings of a page: rule, what, where."""
    script = (
        f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{LEAVE}"
        f"document.documentElement.dataset.theme='{theme}';"
        "document.querySelectorAll('details').forEach(function(d){d.open=true});"
        "axe.run(document,{resultTypes:['violations']}).then(function(r){leave(r.violations.map(function(v){"
        "return{id:v.id,impact:v.impact,help:v.help,nodes:v.nodes.slice(0,3).map(function(n){"
        "return n.html.slice(0,200)+' '+n.failureSummary.slice(0,300)})}}))},function(e){leave({error:String(e)})})"
        "</script>"
    )
    copy = with_script(page, script, f"axe-{theme}-{width}")
    dom = chromium("--virtual-time-budget=60000", f"--window-size={width},{height}", "--dump-dom", copy.as_uri())
    found = result_of(dom)
    assert isinstance(found, list), found
    return [finding for finding in found if finding["impact"] in ("serious", "critical")]


def measured(page: Path, *, width: int = 1280) -> dict[str, float]:
    """Return milliseconds from the start of loading until laid out, and how far the page is wider than the window."""
    script = (
        f"<script>{LEAVE}addEventListener('load',function(){{"
        "var h=document.body.offsetHeight,t=performance.now();"
        "leave({milliseconds:t,height:h,wider:document.documentElement.scrollWidth-innerWidth,"
        "nodes:document.getElementsByTagName('*').length})})</script>"
    )
    copy = with_script(page, script, f"measured-{width}")
    found = result_of(chromium(f"--window-size={width},900", "--dump-dom", copy.as_uri()))
    assert isinstance(found, dict), found
    return found


def picture(page: Path, out: Path, *, width: int = 1280, height: int = 900, query: str = "") -> None:
    """Write a screenshot."""
    chromium(f"--window-size={width},{height}", f"--screenshot={out}", page.as_uri() + query)
