"""browser.py ONE ALL PROFILE - opens pages in headless Chromium and uses them as a person does.

ONE has one rule on three targets, ALL the same with every rule.
Speaks the W3C WebDriver protocol to chromedriver; prints TAP.
"""
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            port = re.search(r"started successfully on port (\d+)", line)
            if port:
                break
        self.base = "http://127.0.0.1:" + port.group(1)
        options = {"args": CHROMIUM + ["--user-data-dir=" + profile]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += "/session/" + session["sessionId"]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method)
        if method == "POST":
            request.data = json.dumps(body or {}).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["value"]

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def open(self, address):
        self.ask("POST", "/url", {"url": address})

    def find(self, selector):
        return list(self.ask("POST", "/element", {"using": "css selector", "value": selector}).values())[0]

    def click(self, selector):
        self.ask("POST", "/element/%s/click" % self.find(selector))

    def keys(self, text):
        strokes = [{"type": kind, "value": c} for c in text for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def alert(self):
        try:
            return self.ask("GET", "/alert/text")
        except urllib.error.HTTPError:
            return None

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


count = failed = 0


def tell(good, label, *words):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, label))
    if not good:
        print("#", *words)


VISIBLE = "return [...document.querySelectorAll('.finding')].filter(f => f.checkVisibility()).map(f => f.dataset.verdict)"


def opens(b):
    tell("1 failed, 1 unknown, 1 passed" in b.ask("GET", "/title"), "the title counts verdicts", b.ask("GET", "/title"))
    tell(b.run(VISIBLE) == ["fail", "pass", "unknown"], "all findings are shown", b.run(VISIBLE))
    tell(b.run("return document.querySelector('output').value") == "3 of 3", "and counted")
    tell(b.run("return performance.getEntriesByType('resource').length") == 0, "nothing is loaded")
    open_ = b.run("return [...document.querySelectorAll('.finding > details[open]')].length")
    tell(open_ == 2, "what failed and what cannot be told are open", open_)


def injects_nothing(b):
    tell(b.alert() is None, "no alert")
    tell(b.run("return document.scripts.length") == 1, "one script, ours")
    known = b.run(
        "const known = new Set('html head meta title style body header h1 h2 h3 h4 p div label input span output kbd main"
        " section code dl dt dd article details summary a ol ul li small b s mark svg path footer script'.split(' '));"
        "return [...document.querySelectorAll('*')].map(e => e.localName).filter(n => !known.has(n))")
    tell(known == [], "no element that is not ours", known)
    wrong = b.run(
        "return [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).map(a => a.name + '=' + a.value)"
        ".filter(a => a.startsWith('on') || /^(src|href)=(?!#)/.test(a) || a.startsWith('style='))")
    tell(wrong == [], "no attribute that runs or loads", wrong)
    shown = b.run("return document.body.innerText")
    for text in ("onerror=alert(1)", "<b onclick=alert(3)>bold</b>", "<i>gone<\\i>"):
        tell(text in shown, "what would be markup is shown: " + text)
    b.run("const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s)")
    tell(b.run("return window.pwned === undefined"), "a script that is not ours would not run")


def filters(b):
    b.click(".filters .fail span")
    tell(b.run(VISIBLE) == ["pass", "unknown"], "a verdict is filtered out", b.run(VISIBLE))
    b.click(".filters .fail span")
    b.keys("/")
    tell(b.run("return document.activeElement.type") == "search", "a slash goes to the search")
    b.keys("kubelet nowhere")
    tell(b.run(VISIBLE) == [], "words that no finding has together", b.run(VISIBLE))
    tell(b.run("return [...document.querySelectorAll('.empty')].some(e => e.checkVisibility())"), "and it says so")
    b.keys("\ue00c")
    tell(len(b.run(VISIBLE)) == 3, "Escape clears it", b.run(VISIBLE))
    b.keys("/etc/args")
    tell(b.run(VISIBLE) == ["fail"], "a path finds its finding", b.run(VISIBLE))
    b.keys("\ue00cj")
    first = b.run("return document.activeElement.closest('.finding')?.dataset.verdict")
    b.keys("j")
    second = b.run("return document.activeElement.closest('.finding')?.dataset.verdict")
    tell((first, second) == ("fail", "pass"), "j walks", first, second)


def permalinks(b):
    anchor = b.run("return document.querySelector('.finding.pass').id")
    tell(re.fullmatch(r"rule-[a-z0-9-]+", anchor), "a permalink is named after the rule", anchor)
    b.click(".filters .pass span")
    b.run("location.hash = arguments[0]", anchor)
    b.run("return new Promise(done => setTimeout(done, 100))")
    state = b.run(
        "const f = document.getElementById(arguments[0]);"
        "return [f.checkVisibility(), f.querySelector('details').open, f.matches(':target'), f.getBoundingClientRect().top]",
        anchor)
    tell(state[:3] == [True, True, True] and 0 <= state[3] < 600, "it shows and opens what a filter hid", state)
    fail = b.run("return document.querySelector('.finding.fail .permalink').getAttribute('href')")
    tell(fail == "#rule-kubelet-make-iptables-util-chains", "the first of a rule has the plain name", fail)
    ids = b.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    tell(len(ids) == len(set(ids)), "an id is given once")


def flow(b):
    lost = b.run("return [...document.querySelectorAll('.words .lost s')].map(e => e.textContent)")
    tell(lost[0] == "--make-iptables-util-chains=true" and lost[1].startswith("makeIPTablesUtilChains: true"),
         "the flag and the line that lost are struck out", lost)
    won = b.run("return [...document.querySelectorAll('.words .fails')].map(e => e.innerText.split('\\n')[0])")
    tell(won == ["--make-iptables-util-chains=false"], "the word that fails the rule stands out", won)
    wires = b.run("return [...document.querySelectorAll('.board')].map(x => [x.querySelectorAll('path').length,"
                  "[...x.querySelectorAll('[data-from]')].flatMap(w => w.dataset.from.split(' ')).length, x.checkVisibility()])")
    tell(all(drawn == ends for drawn, ends, visible in wires if visible) and wires[0][0] > 4, "a wire for each end", wires)
    chain = b.run("return [...document.querySelectorAll('.finding.fail .chain li')].map(e => e.innerText.replace(/\\s+/g, ' '))")
    tell(chain == ["default true", "config true", "flag true", "flag false"], "the chain from default to flag", chain)


def widths(b):
    for width in (1280, 390):
        b.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        over = b.run("return document.documentElement.scrollWidth - innerWidth")
        tell(over <= 0, "nothing is wider than %d pixels" % width, over)
    tell(not b.run("return document.querySelector('.wires').checkVisibility()"), "no wires on a narrow page")
    colours = []
    for scheme in ("light", "dark"):
        b.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colours.append(b.run("return getComputedStyle(document.body).backgroundColor"))
    tell(colours[0] != colours[1], "light and dark", colours)
    b.devtools("Emulation.setEmulatedMedia", media="print")
    tell(not b.run("return document.querySelector('.filters').checkVisibility()"), "filters are not printed")


def main():
    one, every, profile = sys.argv[1:]
    b = Browser(profile)
    try:
        b.open("file://" + one)
        for part in (opens, filters, permalinks, flow):
            part(b)
        b.open("file://" + every)
        widths(b)
        logged = [l for l in b.ask("POST", "/se/log", {"type": "browser"})]
        tell(logged == [], "the browser complains of nothing", logged)
        injects_nothing(b)
    finally:
        b.close()
    print("1..%d" % count)
    sys.exit(failed > 0)


main()
