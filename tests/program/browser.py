"""Headless Chromium with one page, driven through its debugging pipe.

SPDX-License-Identifier: MIT"""
import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile

PROGRAM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
           "--hide-scrollbars",
           "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # no page may use the network
KEYS = {"Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
        "ArrowDown": 40, "Tab": 9}


def start(command):
    """The program, which reads messages from descriptor 3 and writes to 4; our ends of both."""
    to_read, to_write = os.pipe(), os.pipe()
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_read[0], to_write[1])]

    def place():
        for end, number in zip(theirs, (3, 4)):
            os.dup2(end, number)

    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place)
    for end in (to_read[0], to_write[1], *theirs):
        os.close(end)
    return process, os.fdopen(to_read[1], "wb"), os.fdopen(to_write[0], "rb")


class Browser:
    """with Browser(path) as page: page.run("1 + 1")"""

    def __init__(self, path, width=1200, height=1000, phone=False, dark=False):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process, self.output, self.input = start([PROGRAM, *OPTIONS, f"--user-data-dir={self.profile.name}"])
        self.number, self.session, self.buffer = 0, None, b""
        self.errors, self.requests = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.media(dark=dark)
        self.open(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.output.close()
        self.process.terminate()
        self.process.wait()
        self.input.close()
        self.profile.cleanup()

    def message(self):
        while b"\0" not in self.buffer:
            part = self.input.read1(1 << 20)
            assert part, "Chromium has ended"
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        if message.get("method") == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.output.write(json.dumps(message).encode() + b"\0")
        self.output.flush()
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, path):
        url = path if path.startswith("http:") else f"file://{os.path.abspath(path)}"
        self.call("Page.navigate", url=url)
        while self.message().get("method") != "Page.loadEventFired":
            pass

    def media(self, dark=False, printed=False):
        self.call("Emulation.setEmulatedMedia", media="print" if printed else "",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def run(self, expression):
        """The value of an expression in the page, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"].get("exception", {}).get("description")
        return answer["result"].get("value")

    def texts(self, selector):
        return self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.textContent)")

    def middle(self, selector, index=0):
        """Where an element is, after it was scrolled into view."""
        return self.run(f"""(() => {{
            const one = document.querySelectorAll({json.dumps(selector)})[{index}];
            one.scrollIntoView({{ block: 'center' }});
            const box = one.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")

    def point(self, selector, index=0):
        x, y = self.middle(selector, index)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector, index=0):
        x, y = self.middle(selector, index)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def tap(self, selector, index=0):
        x, y = self.middle(selector, index)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=KEYS[name])

    def pick(self, selector, path):
        """Chooses a file in a field for files."""
        field = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")["result"]
        self.call("DOM.setFileInputFiles", files=[path], objectId=field["objectId"])

    def write(self, text):
        self.call("Input.insertText", text=text)

    def choose(self, selector, value):
        """Chooses an option as a user does."""
        self.run(f"""(() => {{
            const one = document.querySelector({json.dumps(selector)});
            one.value = {json.dumps(str(value))};
            one.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }})()""")

    def picture(self, path, whole=True):
        """A screenshot as a PNG file."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
