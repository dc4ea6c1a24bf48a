//! The page of `list -o html` in a real browser, spoken to by the DevTools protocol over its pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use otel_inject::value::{Value, json};

use crate::tools::Tool;
use crate::world::World;
use crate::{Case, cases};

pub(crate) const CASES: &[Case] = cases![
    &[Tool::Chromium] => [
        the_page_loads_nothing_and_has_no_errors,
        the_page_is_used_by_keyboard,
        the_page_fits_narrow_and_wide_screens,
    ],
];

/// The pipe is the descriptors 3 and 4 of the browser.
const START: &str = "exec \"$0\" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                     --remote-debugging-pipe --user-data-dir=\"$1\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";

struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    session: Option<String>,
    /// What the page reported: its exceptions, log entries and requests.
    events: Vec<Value>,
    _watch: Sender<()>,
    // Removed last.
    _world: World,
}

/// How long a browser may take for what normally takes seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Kills a browser that hangs: nothing else would end a read from it. Dropping the sender ends the watch.
fn watch(pid: u32) -> Sender<()> {
    let (done, ended) = channel();
    thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").arg(pid.to_string()).status();
        }
    });
    done
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// A page of that width that shows what `list` prints for the workloads.
    fn open(workloads: &str, width: u32) -> Self {
        let world = World::new();
        world.file("manifests/web.yaml", workloads);
        let page = world.otel_inject(&["list", "-o", "html", "manifests"], "");
        assert_eq!(page.code, 0, "{}", page.stderr);
        world.file("page.html", page.stdout);
        let program = Tool::Chromium.path().expect("a browser");
        let mut child = Command::new("sh")
            .args(["-c", START])
            .args([program, &world.path("profile")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a browser");
        let watch = watch(child.id());
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        let url = format!("file://{}", world.path("page.html").display());
        let mut browser = Self {
            child,
            to,
            from,
            calls: 0,
            session: None,
            events: Vec::new(),
            _watch: watch,
            _world: world,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].take();
        let session = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let screen = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", screen);
        browser.call("Page.navigate", json!({"url": url}));
        while !browser.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = browser.read();
            browser.events.push(event);
        }
        browser
    }

    fn read(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).expect("a message");
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&message).expect("JSON")
    }

    /// Calls a method and returns its result; events that come before it are kept.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut call = json!({"id": self.calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            call["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{call}\0").as_bytes()).expect("the browser reads");
        loop {
            let mut message = self.read();
            if message["id"] == self.calls {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// The value of an expression.
    fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let mut result = self.call("Runtime.evaluate", params);
        assert_eq!(result["exceptionDetails"], Value::Null, "{expression}");
        result["result"]["value"].take()
    }

    /// Waits until the expression has the value: what a press starts may run after the press is answered. The watch
    /// ends a wait that would last.
    fn becomes(&mut self, expression: &str, value: &Value) {
        while self.value(expression) != *value {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn press(&mut self, key: &str, code: u32, text: &str) {
        let event = json!({"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
        for kind in ["keyDown", "keyUp"] {
            let mut event = event.clone();
            event["type"] = kind.into();
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    fn tab(&mut self) {
        self.press("Tab", 9, "");
    }

    /// The elements of a selector that are shown.
    fn shown(&mut self, selector: &str) -> Value {
        self.value(&format!(
            "[...document.querySelectorAll({selector:?})].filter((one) => one.checkVisibility()).length"
        ))
    }
}

const INSTRUMENTATION: &str = "\
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: default, namespace: shop}
spec: {exporter: {endpoint: http://collector:4318}}
";

const HOSTILE: &str = "<img src=https://example.com/x onerror=document.title='owned'>";

/// Workloads of two namespaces: injected, refused, not asked, and one whose name is markup.
fn workloads() -> String {
    let workload = |namespace: &str, name: &str, annotation: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: \"{name}\", namespace: {namespace}}}\nspec:\n  \
             template:\n    metadata:\n      annotations: {{{annotation}}}\n    spec:\n      containers:\n        \
             - name: app\n          image: registry.example.com/a-team/{namespace}/an-application-with-a-long-name:1.2.3\n"
        )
    };
    let switch = |value: &str| format!("instrumentation.opentelemetry.io/inject-nodejs: \"{value}\"");
    let numbered = (0..20).map(|number| workload("shop", &format!("checkout-{number}"), &switch("true")));
    let numbered: String = numbered.collect();
    [
        INSTRUMENTATION,
        &numbered,
        &workload("shop", "cart", &switch("lost")),
        &workload("other", "batch", ""),
        &workload("other", HOSTILE, ""),
    ]
    .concat()
}

fn the_page_loads_nothing_and_has_no_errors() {
    let mut page = Browser::open(&workloads(), 1200);
    assert_eq!(page.value("document.title"), "OpenTelemetry instrumentation");
    let name =
        format!("[...document.querySelectorAll('td')].some((cell) => cell.textContent === {HOSTILE:?})");
    assert_eq!(page.value(&name), true);
    assert_eq!(page.value("document.images.length"), 0);
    assert_eq!((page.shown("tbody tr"), page.shown("details")), (23.into(), 23.into()));
    let methods = |wanted: &str| -> Vec<&Value> {
        page.events.iter().filter(|event| event["method"] == wanted).collect()
    };
    assert!(methods("Runtime.exceptionThrown").is_empty(), "{:?}", page.events);
    assert!(methods("Log.entryAdded").is_empty(), "{:?}", page.events);
    assert!(methods("Runtime.consoleAPICalled").is_empty(), "{:?}", page.events);
    let requests = methods("Network.requestWillBeSent")
        .into_iter()
        .map(|event| event["params"]["request"]["url"].to_string());
    let elsewhere: Vec<String> =
        requests.filter(|url| !url.ends_with("/page.html\"") && !url.starts_with("\"data:")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

/// Where the keyboard is.
const FOCUS: &str = "document.activeElement.id";

/// How many workloads show their details.
const UNFOLDED: &str = "document.querySelectorAll('details[open]').length";

fn the_page_is_used_by_keyboard() {
    let mut page = Browser::open(&workloads(), 1200);
    page.tab();
    page.becomes(FOCUS, &json!("search"));
    page.call("Input.insertText", json!({"text": "checkout-1"}));
    assert_eq!((page.shown("tbody tr"), page.shown("details")), (11.into(), 11.into()));
    assert_eq!(
        page.value("document.getElementById('count').textContent"),
        "11 of 23 containers, 11 workloads"
    );
    page.tab();
    page.becomes(FOCUS, &json!("status"));
    page.tab();
    page.press("Enter", 13, "\r");
    page.becomes(UNFOLDED, &json!(11));
    page.tab();
    page.press("Enter", 13, "\r");
    page.becomes(UNFOLDED, &json!(0));
    // A name leads to its workload, which unfolds.
    page.tab();
    page.press("Enter", 13, "\r");
    page.becomes(UNFOLDED, &json!(1));
    assert_eq!(
        page.value("document.querySelector('details[open] summary').textContent.includes('checkout-1')"),
        true
    );
    page.value("document.querySelector('details:not([open]):not([hidden]) summary').focus()");
    page.press(" ", 32, " ");
    page.becomes(UNFOLDED, &json!(2));
    page.value("document.getElementById('search').value = ''");
    page.value("const status = document.getElementById('status'); status.value = 'refused'; status.dispatchEvent(new Event('change'))");
    assert_eq!(page.shown("tbody tr"), 1);
}

fn the_page_fits_narrow_and_wide_screens() {
    for width in [400, 1600] {
        let mut page = Browser::open(&workloads(), width);
        page.value("for (const one of document.querySelectorAll('details')) one.open = true");
        assert_eq!(page.value("innerWidth"), width);
        let scroll = page.value("document.documentElement.scrollWidth");
        assert_eq!(scroll, page.value("document.documentElement.clientWidth"));
        // Only a diff may be scrolled sideways, inside its box.
        let wide = "[...document.body.querySelectorAll('*')].filter((one) => !one.closest('pre') && !one.closest('thead') \
                    && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)";
        assert_eq!(page.value(wide), json!([]));
    }
}
